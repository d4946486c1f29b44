"""The contents of summaries: pixels and samples as TensorFlow 1.15 has them."""

import numpy as np
import pytest

import headrace as tf
from headrace._src.ops import _summary_values

NAN, INF = float("nan"), float("inf")

# (values, shape, dtype, pixels that 1.15.5 gives)
IMAGES = {
    "rgb": (
        np.arange(12) / 11.0, (1, 2, 2, 3), "float32",
        [0, 23, 46, 69, 92, 115, 139, 162, 185, 208, 231, 255],
    ),
    "negative": (
        np.arange(-6, 6) / 11.0, (1, 2, 2, 3), "float32",
        [1, 22, 43, 64, 85, 106, 128, 149, 170, 191, 212, 233],
    ),
    "bytes": ([0, 1, 128, 255], (1, 1, 4, 1), "uint8", [0, 1, 128, 255]),
    "zeros": ([0, 0], (1, 1, 2, 1), "float32", [0, 0]),
    "tiny": ([-1e-7, -1e-7], (1, 1, 2, 1), "float32", [128, 128]),
    "nan": ([NAN, 0.5], (1, 1, 2, 1), "float32", [255, 255]),
    "nan_rgb": ([NAN, 0.5, 1, 1, 2, 3], (1, 1, 2, 3), "float32", [255, 0, 0, 85, 170, 255]),
    "inf_rgba": (
        [INF, 0.5, 1, 1, 2, 3, 3, 4], (1, 1, 2, 4), "float32",
        [255, 0, 0, 255, 127, 191, 191, 255],
    ),
    "half": (
        [0.1, 0.5, 1, 1, 2, 3, 3, 4], (1, 1, 2, 4), "float16", [6, 31, 63, 63, 127, 191, 191, 255],
    ),
    "double": (
        [0.1, 0.5, 1, 1, 2, 3, 3, 4], (1, 1, 2, 4), "float64", [6, 31, 63, 63, 127, 191, 191, 255],
    ),
    "negative_half": (
        [-0.1, 0.5, 1, 1, 2, 3, 3, 4], (1, 1, 2, 4), "float16",
        [124, 143, 159, 159, 191, 223, 223, 255],
    ),
}  # fmt: skip


def summary_of(tensor):
    with tf.Session() as session:
        return tf.Summary.FromString(session.run(tensor))


@pytest.mark.parametrize("name", IMAGES)
def test_pixels(name):
    image_module = pytest.importorskip("PIL.Image")
    import io

    values, shape, dtype, pixels = IMAGES[name]
    array = np.array(values, dtype).reshape(shape)
    value = summary_of(tf.summary.image("i", tf.constant(array))).value[0]
    assert value.tag == "i/image/0"
    assert (value.image.height, value.image.width, value.image.colorspace) == shape[1:]
    decoded = np.asarray(image_module.open(io.BytesIO(value.image.encoded_image_string)))
    assert decoded.reshape(-1).tolist() == pixels


def test_number_of_images():
    batch = tf.constant(np.arange(10, dtype=np.uint8).reshape(5, 1, 2, 1))
    assert [v.tag for v in summary_of(tf.summary.image("i", batch)).value] == [
        "i/image/0", "i/image/1", "i/image/2",
    ]  # fmt: skip
    one = summary_of(tf.summary.image("one", batch, max_outputs=1))
    assert [v.tag for v in one.value] == ["one/image"]
    assert len(summary_of(tf.summary.image("all", batch, max_outputs=9)).value) == 5
    assert len(summary_of(tf.summary.image("none", tf.zeros([0, 2, 2, 1]))).value) == 0


def test_samples():
    step = 1 / 32768
    x = tf.constant([[0.0, 1.0, -1.0, 0.5, 2.0, -2.0, step / 2, step * 1.5, -step / 2]])
    value = summary_of(tf.summary.audio("a", x, 100.0)).value[0]
    assert (value.audio.num_channels, value.audio.length_frames) == (1, 9)
    samples = np.frombuffer(value.audio.encoded_audio_string[44:], "<i2")
    assert samples.tolist() == [0, 32767, -32768, 16384, 32767, -32768, 1, 2, -1]


def test_bucket_limits():
    limits = _summary_values.bucket_limits()
    assert len(limits) == 1551
    assert (limits == -limits[::-1]).all()
    assert limits[-1] == np.finfo(np.float64).max


def test_histogram_counts_every_value():
    values = np.random.default_rng(0).normal(size=1000) * 10
    histogram = summary_of(tf.summary.histogram("h", tf.constant(values))).value[0].histo
    assert sum(histogram.bucket) == histogram.num == 1000
    assert histogram.min == values.min() and histogram.max == values.max()
    np.testing.assert_allclose(histogram.sum_squares, (values**2).sum())
    edges = np.array([-np.inf, *histogram.bucket_limit])
    counts, _ = np.histogram(values, edges)
    assert counts.tolist() == list(histogram.bucket)


# Written by TensorFlow 1.15.5 for the image of the next test.
IDAT = (
    "1895cd8dc10d002010c20ab2ffcc3e3c63d8403e04128a38d235b922c41521566fb21a41dc08e246"
    "3093d7e693db0d42c8007f"
)


def test_images_are_written_byte_for_byte_as_libpng_writes_them():
    """The filters, the window and the header of a small image that TensorFlow 1.15 wrote."""
    pixels = (np.arange(256).reshape(16, 16, 1) // 7 % 256).astype(np.uint8)
    data = _summary_values.encode_png(pixels)
    start = data.index(b"IDAT") + 4
    size = int.from_bytes(data[start - 8 : start - 4], "big")
    assert data[start : start + size].hex() == IDAT
