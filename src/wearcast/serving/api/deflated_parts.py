"""Bodies in parts that are compressed each for itself, and gzip files (RFC 1952) put together from
them with texts in between: neither needs the part's own bytes any more."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wearcast.serving.api.checksums import combined

GZIP_HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LEVEL: Final = 6
_LAST_BLOCK: Final = b"\x03\x00"
"""Of a deflate stream (RFC 1951), with nothing in it."""
_MOST_STORED: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a body.

    Attributes:
        content: its bytes, or where the body is compressed, the piece of a deflate stream that they
            make: it begins at a byte, refers to nothing before it and isn't the stream's end.
        size: how many bytes it has.
        checksum: their CRC-32; 0 where the body isn't compressed.
    """

    content: bytes
    size: int
    checksum: int = 0

    @classmethod
    def plain(cls, text: bytes) -> "Part":
        """A part that isn't compressed."""
        return cls(text, len(text))

    def text(self) -> bytes:
        """The bytes of a compressed part."""
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(self.content)


def deflated(texts: Sequence[bytes]) -> tuple[Part, ...]:
    """The parts of a body compressed."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    parts = []
    for text in texts:
        piece = packer.compress(text)
        piece += packer.flush(zlib.Z_FULL_FLUSH)
        parts.append(Part(piece, len(text), zlib.crc32(text)))
    return tuple(parts)


class GzipWriter:
    """Makes the pieces of a gzip file behind its head: of parts and texts, in their order, and its
    end.

    Attributes:
        size: how many bytes are in the file so far.
    """

    def __init__(self) -> None:
        self.size = 0
        self._checksum = 0

    def part(self, part: Part) -> bytes:
        """A compressed part."""
        self._checksum = combined(self._checksum, part.checksum, part.size)
        self.size += part.size
        return part.content

    def text(self, text: bytes) -> bytes:
        """A short text as it is: of up to 65,535 bytes."""
        size = len(text)
        self._checksum = zlib.crc32(text, self._checksum)
        self.size += size
        return struct.pack("<BHH", 0, size, _MOST_STORED - size) + text

    def end(self) -> bytes:
        """What comes last."""
        return _LAST_BLOCK + struct.pack("<LL", self._checksum, self.size & 0xFFFFFFFF)
