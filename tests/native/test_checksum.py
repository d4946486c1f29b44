"""Checksums: the native ones are those of google-crc32c."""

import google_crc32c
import numpy as np
import pytest

from headrace._src.native import library

pytestmark = pytest.mark.skipif(not library.serves_crc32c(), reason="no native checksums")

STRETCHES = 3 * 4096


@pytest.mark.parametrize(
    "size", [0, 1, 7, 8, 9, STRETCHES - 1, STRETCHES, STRETCHES + 1, 5 * STRETCHES + 4097]
)
@pytest.mark.parametrize("before", [0, 1, 0xFFFFFFFF, 0x12345678])
def test_sizes_and_beginnings(size, before):
    """Around the ends of stretches, at odd addresses too."""
    data = np.random.RandomState(size).randint(0, 256, size + 1).astype(np.uint8)
    for part in (data[:size], data[1:]):
        assert library.crc32c(part, before) == google_crc32c.extend(before, part.tobytes())


def test_a_known_value():
    """The check value of CRC-32C."""
    assert library.crc32c(np.frombuffer(b"123456789", np.uint8)) == 0xE3069283
