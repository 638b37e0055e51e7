"""A rate with a burst."""

from wearcast.serving import rate_limit


def test_a_bucket_allows_its_burst_and_then_its_rate():
    now = [0.0]
    bucket = rate_limit.TokenBucket(2.0, 3.0, clock=lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now[0] = 100.0
    assert bucket.is_full
    assert not bucket.take(4.0)
