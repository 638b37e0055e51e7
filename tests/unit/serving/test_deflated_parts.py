"""Gzip files put together from compressed parts, and the checksums of that."""

import gzip
import zlib

from hypothesis import given
from hypothesis import strategies as st

from wearcast.serving.api.checksums import combined
from wearcast.serving.api.deflated_parts import GZIP_HEAD, GzipWriter, deflated

TEXTS = st.binary(max_size=300) | st.integers(0, 200_000).map(lambda size: b"forecast" * size)


@given(TEXTS, TEXTS)
def test_a_checksum_is_that_of_both_pieces(first, second):
    found = combined(zlib.crc32(first), zlib.crc32(second), len(second))
    assert found == zlib.crc32(first + second)


@given(st.lists(TEXTS, min_size=1, max_size=4), st.data())
def test_parts_of_several_bodies_and_texts_between_them_are_one_file(texts, data):
    between = data.draw(st.lists(st.binary(max_size=40), min_size=len(texts), max_size=len(texts)))
    writer = GzipWriter()
    pieces = [GZIP_HEAD]
    for text, gap in zip(texts, between, strict=True):
        # Each of a stream of its own.
        for part in deflated([text, gap]):
            assert part.text() in (text, gap)
            pieces.append(writer.part(part))
        pieces.append(writer.text(gap))
    pieces.append(writer.end())
    whole = b"".join(text + 2 * gap for text, gap in zip(texts, between, strict=True))
    assert gzip.decompress(b"".join(pieces)) == whole
    assert writer.size == len(whole)
