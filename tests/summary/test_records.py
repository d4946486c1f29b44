"""TFRecord files: the bytes and the errors of TensorFlow 1.15."""

import gzip
import zlib

import pytest

import headrace as tf

# Written by TensorFlow 1.15.5: the records b"abc" and b"de".
GOLDEN = (
    b"\x03\x00\x00\x00\x00\x00\x00\x00\xb0\x99I\x0eabcnW\xf1!"
    b"\x02\x00\x00\x00\x00\x00\x00\x00x'\x0b4deY\xc1o\x0b"
)
GOLDEN_GZIP = (
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03cf\x80\x80\r3=\xf9\x12\x93\x92\xf3\xc2?*\x02\x002"
    b"\xa9{9\x13\x00\x00\x00"
)
COMPRESSION = tf.python_io.TFRecordCompressionType
OPTIONS = tf.python_io.TFRecordOptions


def write(path, records, options=None):
    with tf.python_io.TFRecordWriter(str(path), options) as writer:
        for record in records:
            writer.write(record)
    return path.read_bytes()


def read(path, options=None):
    return list(tf.python_io.tf_record_iterator(str(path), options))


def test_bytes_are_those_of_1_15(tmp_path):
    assert write(tmp_path / "a", [b"abc", b"de"]) == GOLDEN
    assert read(tmp_path / "a") == [b"abc", b"de"]


def test_compressed_files(tmp_path):
    gzipped = write(tmp_path / "g", [b"abc", b"de"], OPTIONS(COMPRESSION.GZIP))
    assert gzip.decompress(gzipped) == GOLDEN
    assert zlib.decompress(write(tmp_path / "z", [b"abc", b"de"], "ZLIB")) == GOLDEN
    assert read(tmp_path / "g", OPTIONS("GZIP")) == [b"abc", b"de"]
    assert read(tmp_path / "z", OPTIONS(COMPRESSION.ZLIB)) == [b"abc", b"de"]
    (tmp_path / "theirs").write_bytes(GOLDEN_GZIP)
    assert read(tmp_path / "theirs", "GZIP") == [b"abc"]
    (tmp_path / "two").write_bytes(GOLDEN_GZIP * 2)
    assert read(tmp_path / "two", "GZIP") == [b"abc", b"abc"]


@pytest.mark.parametrize("options", [None, "GZIP", "ZLIB"])
def test_many_and_large_records(tmp_path, options):
    records = [bytes([i % 251]) * size for i, size in enumerate([0, 1, 3, 1 << 20, 5, 300000])]
    write(tmp_path / "a", records, options)
    assert read(tmp_path / "a", options) == records


def test_flush_makes_records_readable(tmp_path):
    writer = tf.python_io.TFRecordWriter(str(tmp_path / "a"), "GZIP")
    writer.write(b"abc")
    writer.flush()
    assert read(tmp_path / "a", "GZIP") == [b"abc"]
    writer.close()
    writer.close()
    with pytest.raises(tf.errors.FailedPreconditionError, match="previously closed"):
        writer.write(b"x")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (GOLDEN[:5], []),
        (GOLDEN[:19] + b"junk", [b"abc"]),
        (GOLDEN[:-1], "truncated record at 19"),
        (GOLDEN[:31], "truncated record at 19"),
        (b"X" + GOLDEN[1:], "corrupted record at 0"),
        (GOLDEN[:12] + b"Z" + GOLDEN[13:], "corrupted record at 12"),
    ],
)
def test_damaged_files(tmp_path, data, expected):
    (tmp_path / "a").write_bytes(data)
    if isinstance(expected, list):
        assert read(tmp_path / "a") == expected
        return
    with pytest.raises(tf.errors.DataLossError) as caught:
        read(tmp_path / "a")
    assert caught.value.message == f"{expected}\nThe file is {tmp_path / 'a'}."


def test_errors(tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match="none; No such file or directory"):
        read(tmp_path / "none")
    with pytest.raises(tf.errors.NotFoundError, match="No such file or directory"):
        tf.python_io.TFRecordWriter(str(tmp_path / "no" / "x"))
    (tmp_path / "a").write_bytes(GOLDEN)
    with pytest.raises(tf.errors.DataLossError, match=r"inflate.. failed .* incorrect header"):
        read(tmp_path / "a", "GZIP")
    with tf.python_io.TFRecordWriter(str(tmp_path / "b")) as writer:
        with pytest.raises(TypeError, match="expected bytes, str found"):
            writer.write("text")


def test_options():
    names = OPTIONS.get_compression_type_string
    assert [names(COMPRESSION.NONE), names(COMPRESSION.ZLIB), names(COMPRESSION.GZIP)] == [
        "", "ZLIB", "GZIP",
    ]  # fmt: skip
    assert names(None) == "" and names("GZIP") == "GZIP" and names(OPTIONS("ZLIB")) == "ZLIB"
    with pytest.raises(ValueError, match='Not a valid compression_type: "NONE"'):
        OPTIONS("NONE")


def test_compressor_settings(tmp_path):
    options = OPTIONS("ZLIB", compression_level=0, mem_level=1, window_bits=9)
    assert zlib.decompress(write(tmp_path / "a", [b"abc", b"de"], options)) == GOLDEN
    assert read(tmp_path / "a", "ZLIB") == [b"abc", b"de"]
