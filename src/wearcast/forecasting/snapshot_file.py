"""The arrays in a snapshot's file, an uncompressed npz: none is read before its size is known to be
within the bounds."""

import io
import json
import mmap
import struct
import zipfile
import zlib
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wearcast.forecasting.array_types import Floats32

MAX_BYTES: Final = 16_000_000
"""Of a whole snapshot. A station's week is 0.05 MB, with arrays of its trajectories 0.25 MB, so
this is room for 300 or 64 stations; a service takes eleven times a snapshot's size while it
changes to the next of that size, beside 200 MB, and may use 512 MB in all."""

_MAX_HEADER_BYTES: Final = 1_000_000
"""A station takes 250 bytes of the header; parsed, JSON takes some ten times its size."""
_MAX_MEMBERS: Final = 500
"""There are three arrays for each variable, and a few more."""
_MAX_DIRECTORY_BYTES: Final = 100 * _MAX_MEMBERS
"""Of the archive's list of members, which is parsed before they can be counted."""

_END_OF_DIRECTORY: Final = struct.Struct("<4s4H2LH")
_END_OF_DIRECTORY_MAGIC: Final = b"PK\x05\x06"
_ZIP64_LOCATOR: Final = struct.Struct("<4sLQL")
_ZIP64_LOCATOR_MAGIC: Final = b"PK\x06\x07"

_HEADER_READERS: Final = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
"""By the version of the npy format."""
_MAX_DESCRIPTION_BYTES: Final = 20_000
"""Of an array: NumPy itself reads no more than 10,000."""

_LOCAL_HEADER: Final = struct.Struct("<4s22x2H")
"""Of a member: its magic, and at the end the lengths of its name and of what follows that."""
_LOCAL_HEADER_MAGIC: Final = b"PK\x03\x04"

Content = bytes | mmap.mmap


class SnapshotFile:
    """The header and the arrays of a file.

    Args:
        content: the file's bytes, or a map, which can't be written to, of a file that was checked.

    Raises:
        ValueError, BadZipFile: it isn't an uncompressed npz, or a bound is exceeded. The methods
            raise these, and KeyError where an array isn't there.
    """

    def __init__(self, content: Content) -> None:
        _require_size("the file", len(content), MAX_BYTES)
        _require_small_directory(content)
        self._content = content
        file = io.BytesIO(content) if isinstance(content, bytes) else content
        members = zipfile.ZipFile(file).infolist()  # type: ignore[arg-type]
        self._members = {member.filename: member for member in members}
        if len(self._members) < len(members):
            raise ValueError("two of its arrays have the same name")
        if len(members) > _MAX_MEMBERS:
            raise ValueError(f"it has {len(members)} arrays; at most {_MAX_MEMBERS} are read")
        for member in members:
            if member.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"{member.filename} is compressed; snapshots aren't")
        _require_size("all arrays", sum(member.file_size for member in members), MAX_BYTES)

    def header(self) -> Any:
        """The JSON header."""
        size = self._members["header.npy"].file_size
        _require_size("the header", size, _MAX_HEADER_BYTES)
        return json.loads(self._array("header").tobytes())

    def floats(self, name: str) -> Floats32:
        """An array of 32-bit floats, which can't be written to."""
        array = self._array(name)
        if array.dtype != np.float32:
            raise ValueError(f"{name} holds {array.dtype}, not float32")
        return array

    def small_integers(self, name: str) -> NDArray[np.uint8]:
        """An array of 8-bit integers, which can't be written to."""
        array = self._array(name)
        if array.dtype != np.uint8:
            raise ValueError(f"{name} holds {array.dtype}, not uint8")
        return array

    def has(self, name: str) -> bool:
        """Whether there is an array of this name."""
        return f"{name}.npy" in self._members

    def _array(self, name: str) -> NDArray[Any]:
        """An array, its checksum verified unless it is of a map; its memory is that of the file's
        content."""
        content = self._stored(self._members[f"{name}.npy"])
        stream = io.BytesIO(content[:_MAX_DESCRIPTION_BYTES])
        read_header = _HEADER_READERS[np.lib.format.read_magic(stream)]
        shape, is_fortran, dtype = read_header(stream)
        # Raises ValueError for objects, and where the shape isn't that of the bytes.
        flat = np.frombuffer(content, dtype, offset=stream.tell())
        return flat.reshape(shape, order="F" if is_fortran else "C")

    def _stored(self, member: zipfile.ZipInfo) -> memoryview:
        """What is in a member."""
        end = member.header_offset + _LOCAL_HEADER.size
        header = self._content[member.header_offset : end]
        if len(header) < _LOCAL_HEADER.size:
            raise zipfile.BadZipFile(f"{member.filename} is cut off")
        magic, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
        start = end + name_bytes + extra_bytes
        content = memoryview(self._content)[start : start + member.file_size]
        # Who maps a file has looked at it: what nobody asks for needs not be in memory.
        is_whole = isinstance(self._content, mmap.mmap) or zlib.crc32(content) == member.CRC
        if magic != _LOCAL_HEADER_MAGIC or not is_whole:
            raise zipfile.BadZipFile(f"{member.filename} is damaged")
        return content


def _require_size(what: str, size: int, most: int) -> None:
    if size > most:
        raise ValueError(f"{what} would be {size:,} bytes; at most {most:,} are read")


def _require_small_directory(content: Content) -> None:
    """Refuse an archive whose list of members is longer than any snapshot's."""
    start = len(content) - _END_OF_DIRECTORY.size
    if start < _ZIP64_LOCATOR.size:
        raise ValueError("it is too short")
    magic, *_, directory_bytes, _, _ = _END_OF_DIRECTORY.unpack_from(content, start)
    if magic != _END_OF_DIRECTORY_MAGIC:
        raise ValueError("it doesn't end as an npz does")
    before = start - _ZIP64_LOCATOR.size
    if content[before : before + len(_ZIP64_LOCATOR_MAGIC)] == _ZIP64_LOCATOR_MAGIC:
        raise ValueError("it is an archive of 64-bit sizes, which no snapshot needs")
    _require_size("the list of its arrays", directory_bytes, _MAX_DIRECTORY_BYTES)
