"""/metrics of very many stations: as many samples as of few, made once for each snapshot."""

import json
from datetime import UTC, datetime

from prometheus_client.parser import text_string_to_metric_families

from service.in_process_service import serving
from service.synthetic_snapshots import many, two_cities
from wearcast.serving.api import metrics
from wearcast.serving.api.forecast_metrics import PastForecasts

SCORES = {
    "last_days": {"2": {"temp_c": {"1-6": {"pairs": 10, "mae": 1.0, "bias": 0.0}}}},
    "input_drift": {"temp_c": {"level": {"score": 0.5}}},
}


def samples(service):
    """The values by name and labels."""
    families = text_string_to_metric_families(service.get("/metrics").text)
    found = {}
    for family in families:
        for sample in family.samples:
            found[sample.name, *sorted(sample.labels.items())] = sample.value
    return found


def published(service, snapshot):
    """The samples of a service that serves a snapshot with scores of each of its stations."""
    scores = {station.id: SCORES for station in snapshot.stations}
    service.shelf.publish(snapshot, recent=json.dumps(scores).encode())
    service.reader.poll()
    assert service.reader.current is not None
    return samples(service)


def test_there_are_no_more_samples_of_many_stations_than_of_few(tmp_path):
    found = []
    for count in (1, 130):
        with serving(tmp_path / str(count)) as service:
            found.append(published(service, many(count)))
    of_one, of_many = found
    assert set(of_many) - {name for name in of_many if name[0] == "wearcast_snapshot_info"} == set(
        of_one
    ) - {name for name in of_one if name[0] == "wearcast_snapshot_info"}
    assert of_many["wearcast_stations",] == 130
    pairs = [name for name in of_many if name[0] == "wearcast_forecast_verified_pairs"]
    assert [of_many[name] for name in pairs] == [1_300]


def test_stations_whose_forecast_is_old_are_counted(tmp_path):
    now = datetime(2024, 4, 9, 22, 30, tzinfo=UTC)
    with serving(tmp_path, two_cities(), now=lambda: now) as service:
        found = samples(service)
    # Newark's is of 19:00, Seoul's of 21:00, and three hours are too old.
    assert (found["wearcast_stations",], found["wearcast_stale_stations",]) == (2, 1)
    assert found["wearcast_snapshot_stale",] == 0


def test_while_another_thread_makes_it_a_scrape_does_without(serve):
    service = serve(two_cities())
    of_snapshot = service.app.front._metrics._of_snapshot
    with of_snapshot._making:
        found = samples(service)
    assert ("wearcast_stations",) in found
    assert ("wearcast_input_filled_ratio",) not in found
    assert ("wearcast_input_filled_ratio",) in samples(service)


def test_what_is_told_of_a_snapshot_is_made_once(serve, monkeypatch):
    made = []

    class Counted(PastForecasts):
        def __init__(self):
            super().__init__()
            made.append(self)

    monkeypatch.setitem(metrics._TALLIES, "past forecasts", Counted)
    service = serve()
    first = published(service, two_cities())
    assert len(samples(service)) >= len(first) - 1
    assert len(made) == 1
    published(service, two_cities(seed=5))
    assert len(made) == 2
