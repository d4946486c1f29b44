"""64-bit hashes of byte strings: FarmHash's fingerprint, MurmurHash64A and SipHash-2-4.

All arithmetic is modulo 2**64.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_MASK: Final = (1 << 64) - 1
_K0: Final = 0xC3A5C85C97CB3127
_K1: Final = 0xB492B66FBE98F273
_K2: Final = 0x9AE16A3B2F90404F


def _word(text: bytes, at: int, size: int = 8) -> int:
    return int.from_bytes(text[at : at + size], "little")


def _rotate_right(value: int, bits: int) -> int:
    value &= _MASK
    return (value >> bits | value << (64 - bits)) & _MASK


def _shift_mix(value: int) -> int:
    return value ^ value >> 47


# -- FarmHash ----------------------------------------------------------------------------------


def _pair(u: int, v: int, factor: int) -> int:
    a = _shift_mix((u ^ v) * factor & _MASK)
    b = _shift_mix(((v & _MASK) ^ a) * factor & _MASK)
    return b * factor & _MASK


def _short(text: bytes) -> int:
    n = len(text)
    factor = _K2 + 2 * n
    if n >= 8:
        a, b = _word(text, 0) + _K2, _word(text, n - 8)
        c = _rotate_right(b, 37) * factor + a
        d = (_rotate_right(a, 25) + b) * factor
        return _pair(c & _MASK, d & _MASK, factor)
    if n >= 4:
        return _pair(n + (_word(text, 0, 4) << 3), _word(text, n - 4, 4), factor)
    if n:
        y, z = text[0] + (text[n >> 1] << 8), n + (text[-1] << 2)
        return _shift_mix((y * _K2 ^ z * _K0) & _MASK) * _K2 & _MASK
    return _K2


def _medium(text: bytes) -> int:
    """17 to 64 bytes."""
    n = len(text)
    factor = _K2 + 2 * n
    long = n > 32
    a, b = _word(text, 0) * (_K2 if long else _K1), _word(text, 8)
    c, d = _word(text, n - 8) * factor, _word(text, n - 16) * _K2
    y = (_rotate_right(a + b, 43) + _rotate_right(c, 30) + d) & _MASK
    z = _pair(y, (a + _rotate_right(b + _K2, 18) + c) & _MASK, factor)
    if not long:
        return z
    e, f = _word(text, 16) * factor, _word(text, 24)
    g, h = (y + _word(text, n - 32)) * factor, (z + _word(text, n - 24)) * factor
    return _pair(
        (_rotate_right(e + f, 43) + _rotate_right(g, 30) + h) & _MASK,
        (e + _rotate_right(f + a, 18) + g) & _MASK,
        factor,
    )


class _Farm:
    """The state of FarmHash over more than 64 bytes."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.x = 81 * _K2 + _word(text, 0)
        self.y = 81 * _K1 + 113
        self.z = _shift_mix((self.y * _K2 + 113) & _MASK) * _K2
        self.v = self.w = (0, 0)

    def _weak(self, at: int, a: int, b: int) -> tuple[int, int]:
        first, second, third, last = (_word(self.text, at + 8 * i) for i in range(4))
        a += first
        b = _rotate_right(b + a + last, 21)
        c = a
        a += second + third
        b += _rotate_right(a, 44)
        return (a + last) & _MASK, (b + c) & _MASK

    def round(self, at: int, factor: int, weight: int) -> None:
        """Mixes in 64 bytes."""
        text, (v0, v1), (w0, w1) = self.text, self.v, self.w
        x = _rotate_right(self.x + self.y + v0 + _word(text, at + 8), 37) * factor
        y = _rotate_right(self.y + v1 + _word(text, at + 48), 42) * factor
        x = (x & _MASK) ^ (w1 * weight & _MASK)
        y = (y + v0 * weight + _word(text, at + 40)) & _MASK
        z = _rotate_right(self.z + w0, 33) * factor & _MASK
        self.v = self._weak(at, v1 * factor, x + w0)
        self.w = self._weak(at + 32, z + w1, y + _word(text, at + 16))
        self.x, self.y, self.z = z, y, x

    def digest(self) -> int:
        """The hash."""
        n = len(self.text)
        for at in range(0, (n - 1) // 64 * 64, 64):
            self.round(at, _K1, 1)
        factor = _K1 + ((self.z & 0xFF) << 1)
        w0 = self.w[0] + ((n - 1) & 63)
        v0 = (self.v[0] + w0) & _MASK
        self.v, self.w = (v0, self.v[1]), ((w0 + v0) & _MASK, self.w[1])
        self.round(n - 64, factor, 9)
        (v0, v1), (w0, w1) = self.v, self.w
        return _pair(
            (_pair(v0, w0, factor) + _shift_mix(self.y) * _K0 + self.z) & _MASK,
            (_pair(v1, w1, factor) + self.x) & _MASK,
            factor,
        )


def farm(text: bytes) -> int:
    """FarmHash's 64-bit fingerprint."""
    if len(text) <= 16:
        return _short(text)
    return _medium(text) if len(text) <= 64 else _Farm(text).digest()


# -- Murmur ------------------------------------------------------------------------------------


def murmur(text: bytes, seed: int = 0xDECAFCAFFE) -> int:
    """MurmurHash64A."""
    factor = 0xC6A4A7935BD1E995
    whole = len(text) & ~7
    state = seed ^ (len(text) * factor & _MASK)
    for at in range(0, whole, 8):
        word = _shift_mix(_word(text, at) * factor & _MASK) * factor & _MASK
        state = (state ^ word) * factor & _MASK
    if len(text) > whole:
        state = (state ^ _word(text, whole)) * factor & _MASK
    return _shift_mix(_shift_mix(state) * factor & _MASK)


# -- SipHash -----------------------------------------------------------------------------------


def _sip_words(text: bytes) -> Iterator[int]:
    whole = len(text) & ~7
    for at in range(0, whole, 8):
        yield _word(text, at)
    yield (len(text) & 0xFF) << 56 | _word(text, whole)


def _sip_rounds(state: list[int], count: int) -> None:
    a, b, c, d = state
    for _ in range(count):
        a, c = (a + b) & _MASK, (c + d) & _MASK
        b, d = _rotate_right(b, 51) ^ a, _rotate_right(d, 48) ^ c
        a, c = (_rotate_right(a, 32) + d) & _MASK, (c + b) & _MASK
        b, d = _rotate_right(b, 47) ^ c, _rotate_right(d, 43) ^ a
        c = _rotate_right(c, 32)
    state[:] = a, b, c, d


def sip(text: bytes, key: tuple[int, int]) -> int:
    """SipHash-2-4 with a key of two words."""
    first, second = (k & _MASK for k in key)
    state = [
        first ^ 0x736F6D6570736575,
        second ^ 0x646F72616E646F6D,
        first ^ 0x6C7967656E657261,
        second ^ 0x7465646279746573,
    ]
    for word in _sip_words(text):
        state[3] ^= word
        _sip_rounds(state, 2)
        state[0] ^= word
    state[2] ^= 0xFF
    _sip_rounds(state, 4)
    a, b, c, d = state
    return a ^ b ^ c ^ d


__all__ = ["farm", "murmur", "sip"]
