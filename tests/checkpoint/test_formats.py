"""Checkpoints are the bytes that TensorFlow 1.15 writes, and its checkpoints are read.

The files in tests/checkpoint/golden come from tests/checkpoint/record_goldens.py.
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

import headrace as tf
from headrace._src.checkpoint import bundle_reader, coding, first_format, slices, sstable
from tests.checkpoint import cases, record_goldens

GOLDEN = pathlib.Path(record_goldens.GOLDEN)


def expected():
    """Name → whole value of the golden checkpoints."""
    out = {}
    for name, kind, value, spec in cases.TENSORS:
        array = np.array(value, tf.as_dtype(kind).as_numpy_dtype)
        if spec:
            shape, extents, _ = slices.parse_spec(spec)
            whole = out.setdefault(name, np.zeros(shape, array.dtype))
            whole[slices.indices(shape, extents)] = array
        else:
            out[name] = array
    return out


def save_with(op, prefix, tensors, **attrs):
    """Runs an op of the Save family on tensors of the cases."""
    with tf.Graph().as_default(), tf.Session() as session:
        arguments = {
            "tensor_names": [t[0] for t in tensors],
            attrs["specs"]: [t[3] for t in tensors],
            attrs["data"]: [tf.constant(t[2], t[1]) for t in tensors],
            attrs["name"]: prefix,
        }
        session.run(op(**arguments))


def same(x, y):
    if isinstance(x, np.ndarray) and x.dtype == object:
        return x.tolist() == y.tolist()
    x, y = np.asarray(x), np.asarray(y)
    return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()


def test_writes_tensorflows_bytes(tmp_path):
    """Both files of the second format, for every dtype and for slices."""
    save_with(
        tf.raw_ops.SaveV2,
        f"{tmp_path}/all",
        cases.TENSORS,
        name="prefix",
        specs="shape_and_slices",
        data="tensors",
    )
    for name in ("all.index", "all.data-00000-of-00001"):
        assert (tmp_path / name).read_bytes() == (GOLDEN / name).read_bytes()
    assert len(os.listdir(tmp_path)) == 2, "temporary files are left"


def test_writes_tensorflows_bytes_of_first_format(tmp_path):
    """The only file of the first format."""
    save_with(
        tf.raw_ops.SaveSlices,
        f"{tmp_path}/first",
        cases.FIRST,
        name="filename",
        specs="shapes_and_slices",
        data="data",
    )
    assert (tmp_path / "first").read_bytes() == (GOLDEN / "first").read_bytes()


def test_writes_an_index_of_several_blocks(tmp_path):
    """Blocks end, and keys of the block index are shortened, where TensorFlow does it."""
    tensors = [(cases.many_name(i), "int32", i, "") for i in range(cases.MANY)]
    save_with(
        tf.raw_ops.SaveV2,
        f"{tmp_path}/many",
        tensors,
        name="prefix",
        specs="shape_and_slices",
        data="tensors",
    )
    for name, digest in json.loads((GOLDEN / "many.json").read_text()).items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    assert (tmp_path / "many.index").stat().st_size > 1 << 18
    reader = tf.train.NewCheckpointReader(f"{tmp_path}/many")
    assert all(reader.get_tensor(cases.many_name(i)) == i for i in range(0, cases.MANY, 97))


@pytest.mark.parametrize("name", ["all", "first"])
def test_reads_tensorflows_tensors(name):
    """Every tensor of both formats, whole and, where it was saved in slices, put together."""
    wanted = expected()
    if name == "first":
        wanted = {t[0]: wanted[t[0]] for t in cases.FIRST}
        reader = first_format.SliceReader(str(GOLDEN / name))
    else:
        reader = bundle_reader.BundleReader(str(GOLDEN / name))
    assert reader.names() == sorted(wanted)
    for key, value in wanted.items():
        assert same(value, reader.read(key)), key
        assert reader.entry(key) == (tf.as_dtype(value.dtype), value.shape)


@pytest.mark.parametrize("name", ["all", "first"])
def test_reads_slices_across_slices(name):
    """A slice that was not saved as such is cut out of those that were."""
    kind = first_format.SliceReader if name == "first" else bundle_reader.BundleReader
    reader = kind(str(GOLDEN / name))
    wide = expected()["wide"]
    assert same(wide[1:2, 60:70], reader.read("wide", ((1, 1), (60, 10))))
    assert same(expected()["f"][:, 1:2], reader.read("f", ((0, slices.FULL), (1, 1))))


def test_reads_shards():
    """A checkpoint in two data files, through a Saver and a reader."""
    assert tf.train.latest_checkpoint(str(GOLDEN)) == f"{GOLDEN}/shards"
    assert tf.train.list_variables(str(GOLDEN)) == [("a", [2]), ("b", []), ("p", [3, 1])]
    with tf.Graph().as_default(), tf.Session() as session:
        a = tf.get_variable("a", [2], use_resource=True)
        b = tf.get_variable("b", [])
        p = tf.get_variable("p", [3, 1], partitioner=tf.fixed_size_partitioner(3))
        tf.train.Saver().restore(session, f"{GOLDEN}/shards")
        a, b, p = session.run([a, b, list(p)])
        assert a.tolist() == [1, 2] and b == 7 and np.ravel(p).tolist() == [1, 1, 1]


def test_restores_objects_by_name():
    """A Saver finds the variables of tf.train.Checkpoint by the names they had, as in 1.15."""
    with tf.Graph().as_default(), tf.Session() as session:
        w, step = tf.get_variable("w", [2]), tf.Variable(0, name="step")
        saver = tf.train.Saver()
        saver.restore(session, f"{GOLDEN}/objects")
        saver.restore(session, f"{GOLDEN}/objects")
        assert session.run(w).tolist() == [5, 6] and session.run(step) == 4
        tf.get_variable("v", [2])
        with pytest.raises(tf.errors.NotFoundError, match="not in the checkpoint: v"):
            tf.train.Saver().restore(session, f"{GOLDEN}/objects")


def test_tensorflow_reads_what_headrace_writes(tmp_path):
    """Needs TensorFlow 1.15 itself: $ORACLE, or ~/.cache/headrace-oracle."""
    home = os.environ.get("ORACLE") or os.path.expanduser("~/.cache/headrace-oracle")
    if not os.path.exists(f"{home}/bin/python"):
        pytest.skip("no TensorFlow 1.15 here")
    # Its Python cannot hold the other types.
    written = [t for t in cases.TENSORS if t[0] not in cases.NEW_ONLY]
    save_with(
        tf.raw_ops.SaveV2,
        f"{tmp_path}/new",
        written,
        name="prefix",
        specs="shape_and_slices",
        data="tensors",
    )
    save_with(
        tf.raw_ops.SaveSlices,
        f"{tmp_path}/old.v1",
        written,
        name="filename",
        specs="shapes_and_slices",
        data="data",
    )
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("a", [2], initializer=tf.ones_initializer())
        tf.get_variable("p", [3], partitioner=tf.fixed_size_partitioner(2))
        session.run(tf.global_variables_initializer())
        tf.train.Saver(sharded=True).save(session, f"{tmp_path}/model", global_step=1)
    script = pathlib.Path(__file__).with_name("record_goldens.py")
    done = subprocess.run(
        [sys.executable, script, "--read", tmp_path], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    wanted = {k: v for k, v in expected().items() if k not in cases.NEW_ONLY}
    assert set(found) == {"new", "old.v1", "model-1"}
    assert set(found["new"]) == set(wanted) and set(found["model-1"]) == {"a", "p"}
    assert set(found["old.v1"]) >= {"f", "s", "neg", "double", "m/scalar"}
    for name, value in wanted.items():
        kind, text = found["new"][name]
        assert kind == ("bytes" if value.dtype == object and not value.shape else str(value.dtype))
        if value.dtype != object and 0 < value.size < 50:
            assert same(value, np.asarray(eval(text, {**vars(np)}), value.dtype))
        if name in found["old.v1"]:
            assert found["old.v1"][name] == found["new"][name]


def test_state_is_moved_with_its_folder(tmp_path):
    """Relative paths in the state file, as TensorFlow wrote them, follow the folder."""
    shutil.copytree(GOLDEN, tmp_path / "moved")
    assert tf.train.latest_checkpoint(f"{tmp_path}/moved") == f"{tmp_path}/moved/shards"


def test_keys_of_slices_are_ordered():
    """Keys compare as their numbers do, also where a number gets another byte."""
    numbers = [0, 1, 63, 64, 8191, 8192, 2**20 - 1, 2**20, 2**34, 2**62, 2**63 - 1]
    keys = [coding.slice_key("w", [(n, 1)]) for n in numbers]
    assert keys == sorted(keys)
    assert coding.slice_key("w", [(0, -1)]) < coding.slice_key("w", [(0, 1)])
    assert coding.slice_key("a\0\xff", []).startswith(b"\0a\0\xff\xc3\xbf\0\1")


def test_tables_keep_what_they_got(tmp_path):
    """Random keys and values come back, in order, and can be looked up."""
    random = np.random.RandomState(3)
    entries = {
        bytes(random.randint(0, 256, random.randint(1, 40), np.uint8)): bytes(
            random.randint(0, 256, int(random.exponential(3000)), np.uint8)
        )
        for _ in range(500)
    }
    with open(tmp_path / "table", "wb") as file:
        table = sstable.TableBuilder(file.write)
        for key in sorted(entries):
            table.add(key, entries[key])
        table.finish()
    table = sstable.Table(str(tmp_path / "table"))
    assert list(table.items()) == sorted(entries.items())
    assert all(table.get(key) == value for key, value in entries.items())
    assert table.get(b"\xff" * 50) is None and table.get(b"") is None


def test_unsnap():
    """Literals, copies, copies into themselves; damage is an error."""
    assert sstable.unsnap(b"\x05\x10abcde") == b"abcde"
    assert sstable.unsnap(b"\x0c\x04ab\x22\x02\x00\x00z") == b"abababababaz"[:11] + b"z"
    assert sstable.unsnap(b"\x06\x04ab\x01\x02") == b"ababab"
    for bad in (b"\x05\x10ab", b"\x09\x04ab\x01\x05", b"\x02\x10abcde", b"\x09\x04ab", b"\xff"):
        with pytest.raises((ValueError, IndexError)):
            sstable.unsnap(bad)
