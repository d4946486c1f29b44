"""Damaged and hostile files give an error of `tf.errors` with the file's name, nothing else."""

import os
import pathlib
import random
import resource
import shutil

import numpy as np
import pytest

import headrace as tf
from headrace._src.checkpoint import bundle_reader, sstable
from headrace._src.proto import messages
from tests.checkpoint import record_goldens

pytestmark = pytest.mark.slow

GOLDEN = pathlib.Path(record_goldens.GOLDEN)
ALLOWED = (
    tf.errors.DataLossError,
    tf.errors.OutOfRangeError,
    tf.errors.NotFoundError,
    tf.errors.InternalError,
    tf.errors.InvalidArgumentError,
    tf.errors.UnimplementedError,
)
FILES = ("all.index", "all.data-00000-of-00001", "first")


def read_everything(prefix):
    """Name → bytes of every tensor that is there and whole."""
    reader = tf.train.NewCheckpointReader(prefix)
    reader.debug_string()
    out = {}
    for name in reader.get_variable_to_shape_map():
        if prefix.endswith("first"):
            value = reader._reader.read(name)
        else:
            value = np.asarray(reader.get_tensor(name))
        out[name] = value.tolist() if value.dtype == object else value.tobytes()
    return out


@pytest.fixture(scope="module")
def truth():
    return {name: read_everything(str(GOLDEN / name)) for name in ("all", "first")}


def damaged(folder, file, data):
    """Copies the golden checkpoint that `file` belongs to, with other bytes in that file."""
    for name in FILES:
        if name.split(".")[0] == file.split(".")[0]:
            shutil.copy(GOLDEN / name, folder / name)
    (folder / file).write_bytes(data)
    return str(folder / file.split(".")[0])


def check(prefix, truth):
    """Reading fails in an allowed way, or gives nothing but what was saved."""
    try:
        found = read_everything(prefix)
    except ALLOWED as error:
        assert os.path.basename(prefix) in str(error)
        return False
    assert found == truth[os.path.basename(prefix)]
    return True


@pytest.mark.parametrize("file", FILES)
def test_flipped_bits(file, tmp_path, truth):
    """One wrong bit is found, unless it is in a byte that nothing reads."""
    data = (GOLDEN / file).read_bytes()
    draw = random.Random(file)
    unseen = 0
    for at in sorted(draw.sample(range(len(data) * 8), 150)):
        wrong = bytearray(data)
        wrong[at // 8] ^= 1 << at % 8
        unseen += check(damaged(tmp_path, file, bytes(wrong)), truth)
    # What nothing reads: padding of the footer, the block that says nothing, handles to it.
    assert unseen <= 20 if file != FILES[1] else unseen == 0


@pytest.mark.parametrize("file", FILES)
def test_cut_off(file, tmp_path, truth):
    """A file that ends too early is never taken for a whole one."""
    data = (GOLDEN / file).read_bytes()
    draw = random.Random(file)
    for size in {0, 1, 47, 48, len(data) - 1, *draw.sample(range(len(data)), 60)}:
        assert not check(damaged(tmp_path, file, data[:size]), truth), size


def test_noise(tmp_path, truth):
    """Bytes of no meaning behind a right footer do no harm."""
    draw = random.Random(5)
    for size in (100, 1000, 5000):
        noise = draw.randbytes(size)
        for file in ("all.index", "first"):
            footer = (GOLDEN / file).read_bytes()[-48:]
            assert not check(damaged(tmp_path, file, noise + footer), truth)


def write_index(path, entries, header=None):
    """An index with right checksums and any entries."""
    if header is None:
        header = messages.BundleHeaderProto(num_shards=1)
    with open(path, "wb") as file:
        table = sstable.TableBuilder(file.write)
        table.add(b"", header if isinstance(header, bytes) else header.SerializeToString())
        for name, entry in sorted(entries.items()):
            data = entry if isinstance(entry, bytes) else entry.SerializeToString()
            table.add(name.encode(), data)
        table.finish()


def entry(dtype="DT_FLOAT", shape=(2,), **fields):
    made = messages.BundleEntryProto(dtype=dtype, **fields)
    for size in shape:
        made.shape.dim.add(size=size)
    return made


HOSTILE = {
    "more than the file": entry(shape=(1 << 40,), size=4 << 40),
    "size of another shape": entry(shape=(1 << 40,), size=8),
    "negative offset": entry(offset=-8, size=8),
    "offset behind the end": entry(offset=1 << 50, size=8),
    "negative size": entry(shape=(-2,), size=-8),
    "empty and endless": entry(shape=(0, 1 << 62, 1 << 62)),
    "product beyond 64 bits": entry(shape=(1 << 33, 1 << 33), size=8),
    "rank without end": entry(shape=(1,) * 3000, size=4),
    "no such dtype": entry(dtype=99, size=8),
    "a resource": entry(dtype="DT_RESOURCE", size=8),
    "no such shard": entry(shard_id=7, size=8),
    "negative shard": entry(shard_id=-1, size=8),
    "many strings": entry(dtype="DT_STRING", shape=(1 << 40,), size=16),
    "strings of negative size": entry(dtype="DT_STRING", shape=(2,), size=-1),
    "long strings": entry(dtype="DT_STRING", shape=(2,), size=16),
    "wrong checksum": entry(size=8, crc32c=1),
    "no message": b"\xff\xff\xff",
    "a whole of nothing": entry(slices=[{"extent": [{"start": 0, "length": 2}]}]),
    "slice out of bounds": entry(slices=[{"extent": [{"start": 1 << 60, "length": 2}]}]),
    "negative slice": entry(slices=[{"extent": [{"start": -5, "length": 5}]}] * 2),
    "slice of another rank": entry(slices=[{"extent": [{}] * 3}]),
    "too much covered": entry(slices=[{"extent": [{"length": 1}]}] * 2),
    "huge slice": entry(shape=(1 << 45,), slices=[{"extent": [{"start": 0, "length": 1 << 45}]}]),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_entries(what, tmp_path):
    """Entries that a checksum cannot catch: no size is believed, no memory taken for it."""
    write_index(tmp_path / "x.index", {"t": HOSTILE[what]})
    (tmp_path / "x.data-00000-of-00001").write_bytes(bytes(16))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ALLOWED) as caught:
        tf.train.load_variable(f"{tmp_path}/x", "t")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
    assert caught.type is not tf.errors.NotFoundError or "slice" in what or "nothing" in what
    with pytest.raises(ALLOWED):
        read_everything(f"{tmp_path}/x")
        tf.train.load_variable(f"{tmp_path}/x", "t")


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\xff",
        messages.BundleHeaderProto(num_shards=-1),
        messages.BundleHeaderProto(num_shards=2**31 - 1),
        messages.BundleHeaderProto(num_shards=1, endianness="BIG"),
        messages.BundleHeaderProto(num_shards=1, version={"min_consumer": 5}),
    ],
)
def test_hostile_headers(header, tmp_path):
    """A header that makes no sense is refused when the checkpoint is opened."""
    write_index(tmp_path / "x.index", {}, header)
    with pytest.raises(ALLOWED, match="x.index"):
        tf.train.NewCheckpointReader(f"{tmp_path}/x")


def test_keys_out_of_order(tmp_path):
    """A table whose keys are not sorted is refused, since looking up would miss some."""
    with open(tmp_path / "x.index", "wb") as file:
        table = sstable.TableBuilder(file.write)
        table.add(b"", messages.BundleHeaderProto(num_shards=1).SerializeToString())
        table.add(b"b", b"")
        table.add(b"a", b"")
        table.finish()
    with pytest.raises(tf.errors.DataLossError, match="not in order"):
        bundle_reader.BundleReader(f"{tmp_path}/x")


def test_damage_reaches_the_program(tmp_path):
    """A Saver names the damaged file and changes no variable."""
    with tf.Graph().as_default(), tf.Session() as session:
        a = tf.get_variable("a", [100], initializer=tf.ones_initializer())
        b = tf.get_variable("b", [100], initializer=tf.ones_initializer())
        saver = tf.train.Saver()
        session.run(tf.global_variables_initializer())
        path = saver.save(session, f"{tmp_path}/m")
        data = tmp_path / "m.data-00000-of-00001"
        data.write_bytes(data.read_bytes()[:-3] + b"\0\0\1")
        session.run([tf.assign(a, a + 1), tf.assign(b, b + 1)])
        with pytest.raises(tf.errors.DataLossError, match="m.data-00000-of-00001"):
            saver.restore(session, path)
        assert session.run(a)[0] == session.run(b)[0] == 2


def test_large_values_are_read_by_threads(tmp_path):
    """What several threads read is whole, or damage is found and no variable changes."""
    count = 1_200_000
    names = ("a", "b", "c")
    path = f"{tmp_path}/large"
    data = tmp_path / "large.data-00000-of-00001"
    with tf.Graph().as_default(), tf.Session() as session:
        held = [tf.get_variable(n, [count], initializer=tf.zeros_initializer()) for n in names]
        saver = tf.train.Saver()
        values = [np.arange(count, dtype=np.float32) + i for i in range(len(names))]
        for variable, value in zip(held, values, strict=True):
            variable.load(value, session)
        saver.save(session, path, write_meta_graph=False)
        session.run(tf.global_variables_initializer())
        saver.restore(session, path)
        for variable, value in zip(held, values, strict=True):
            np.testing.assert_array_equal(session.run(variable), value)
        session.run(tf.global_variables_initializer())
        whole = data.read_bytes()
        wrong = bytearray(whole)
        wrong[count * 4 + 12345] ^= 1
        for broken, kind in ((wrong, tf.errors.DataLossError), (whole[:-9], ALLOWED)):
            data.write_bytes(broken)
            with pytest.raises(kind, match=data.name):
                saver.restore(session, path)
            assert not any(session.run([tf.reduce_any(tf.not_equal(v, 0.0)) for v in held]))
