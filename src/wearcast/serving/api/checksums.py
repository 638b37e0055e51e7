"""The CRC-32 of bytes put together from those of their pieces, which needn't be at hand.

As `crc32_combine` of zlib does it (M. Adler, https://github.com/madler/zlib), which Python's module
of that name leaves out: bytes behind others multiply their checksum, a polynomial over two
elements, by a power of x.
"""

from functools import lru_cache
from typing import Final

_POLYNOMIAL: Final = 0xEDB88320
"""Of CRC-32. The coefficient of x to the 0 is the highest bit."""
_ONE: Final = 1 << 31
_X: Final = 1 << 30


def combined(first: int, second: int, size: int) -> int:
    """The CRC-32 of some bytes with others behind them.

    Args:
        first: the CRC-32 of the bytes in front.
        second: that of those behind.
        size: how many bytes these are.
    """
    return _product(_power_of_bytes(size), first) ^ second


@lru_cache(maxsize=4_096)
def _power_of_bytes(size: int) -> int:
    """x to the number of bits of so many bytes."""
    power = _ONE
    for number, factor in enumerate(_POWERS):
        if size >> number & 1:
            power = _product(factor, power)
    return power


def _product(one: int, other: int) -> int:
    """The product of two polynomials modulo that of CRC-32."""
    product = 0
    bit = _ONE
    while one:
        if one & bit:
            product ^= other
            one ^= bit
        bit >>= 1
        other = (other >> 1) ^ (_POLYNOMIAL if other & 1 else 0)
    return product


def _squares(first: int, count: int) -> tuple[int, ...]:
    """A polynomial, its square, the square of that, and so on."""
    found = [first]
    while len(found) < count:
        found.append(_product(found[-1], found[-1]))
    return tuple(found)


_POWERS: Final = _squares(_X, 3 + 32)[3:]
"""x to the number of bits of 1, 2, 4 … bytes, up to 2 GB."""
