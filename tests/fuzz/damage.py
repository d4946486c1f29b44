"""Files of every kind that headrace reads, ways to damage them, and what may happen then."""

import os
import pathlib
import random
import shutil
import signal

import numpy as np

import headrace as tf
from headrace._src.checkpoint import sstable
from headrace._src.core import errors
from headrace._src.graph_view import files as graph_files
from headrace._src.proto import record_io

GOLDEN = pathlib.Path(__file__).parents[1]
SECONDS = 20
# Sizes and numbers that a hostile writer would choose.
VARINTS = [
    b"\xff" * 9 + b"\x01",
    b"\xff\xff\xff\xff\x0f",
    b"\x80" * 12,
    b"\xff\xff\xff\xff\xff\x7f",
]
WORDS = [
    b"99999999999999999999999", b"-1", b"1e999", b"nan", b"{", b"}", b'"', b"'\\xff'", b"\\777",
    b"node { ", b"attr { value { list { s: '", b"#", b"\0", b"18446744073709551615", b"<",
]  # fmt: skip


class TooSlow(BaseException):
    """Reading took too long. No library may take it for one of its own errors."""


# -- files -----------------------------------------------------------------------------------------


def write_corpus(folder):
    """Writes a file, or more, of every kind; returns {kind: [(paths, what to damage)]}."""
    folder = str(folder)
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        with tf.variable_scope("layer"):
            w = tf.get_variable("w", [3, 2], use_resource=True)
            p = tf.get_variable("p", [4, 2], partitioner=tf.fixed_size_partitioner(2))
            text = tf.get_variable("text", initializer=tf.constant(["a", "bc"]), trainable=False)
        y = tf.cond(tf.reduce_sum(x) > 0, lambda: tf.matmul(x, w), lambda: tf.matmul(x, w) * 2.0)
        tf.while_loop(lambda i: i < 3, lambda i: i + 1, [tf.constant(0)])
        tf.summary.scalar("total", tf.reduce_sum(y) + tf.reduce_sum(p))
        tf.summary.histogram("w", w)
        tf.add_to_collection("names", text)
        merged = tf.summary.merge_all()
        session.run(tf.global_variables_initializer())
        tf.train.Saver(save_relative_paths=True).save(session, f"{folder}/model")
        tf.train.write_graph(graph, folder, "graph.pb", as_text=False)
        tf.train.write_graph(graph, folder, "graph.pbtxt")
        tf.saved_model.simple_save(session, f"{folder}/saved", {"x": x}, {"y": y})
        with tf.summary.FileWriter(f"{folder}/logs", graph) as writer:
            writer.add_summary(session.run(merged, {x: np.ones([2, 3])}), 1)
    os.rename(next(pathlib.Path(folder, "logs").iterdir()), f"{folder}/events.out.tfevents.1.x")
    shutil.copy(GOLDEN / "checkpoint/golden/first", f"{folder}/first")
    shutil.copy(GOLDEN / "checkpoint/golden/loop.meta", f"{folder}/old.meta")


# Kind → the file to damage, and those that belong to it.
KINDS = {
    "GraphDef": ("graph.pb", ()),
    "pbtxt": ("graph.pbtxt", ()),
    "MetaGraphDef": ("model.meta", ()),
    "old control flow": ("old.meta", ()),
    "SavedModel": ("saved/saved_model.pb", ("saved/variables",)),
    "index": ("model.index", ("model.data-00000-of-00001",)),
    "data": ("model.data-00000-of-00001", ("model.index",)),
    "first format": ("first", ()),
    "state": ("checkpoint", ("model.index",)),
    "events": ("events.out.tfevents.1.x", ()),
}


# -- damage ----------------------------------------------------------------------------------------


def cut(draw, data):
    return data[: draw.randrange(len(data))]


def flip(draw, data):
    made = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 8))):
        at = draw.randrange(len(made) * 8)
        made[at // 8] ^= 1 << at % 8
    return bytes(made)


def overwrite(draw, data):
    at, size = draw.randrange(len(data)), draw.choice((1, 4, 16, 200))
    return data[:at] + draw.randbytes(size) + data[at + size :]


def hostile_size(draw, data):
    at = draw.randrange(len(data))
    return data[:at] + draw.choice(VARINTS) + data[at + draw.choice((0, 1, 8)) :]


def word(draw, data):
    at = draw.randrange(len(data))
    return data[:at] + draw.choice(WORDS) * draw.choice((1, 1, 3, 2000)) + data[at:]


def repeat(draw, data):
    at, size = draw.randrange(len(data)), draw.randrange(1, 300)
    return data[:at] + data[at : at + size] * draw.choice((2, 50)) + data[at + size :]


def remove(draw, data):
    at = draw.randrange(len(data))
    return data[:at] + data[at + draw.randrange(1, 64) :]


PLAIN = (cut, flip, overwrite, hostile_size, word, repeat, remove)


def inside_table(draw, path):
    """Damages a value of a sorted table, or a key; its checksums are right."""
    entries = list(sstable.Table(path).items())
    at = draw.randrange(len(entries))
    key, value = entries[at]
    if value and draw.random() < 0.9:
        value = draw.choice(PLAIN)(draw, value)
    elif key:
        key = draw.choice(PLAIN)(draw, key)
    entries[at] = (key, value)
    made = bytearray()
    table = sstable.TableBuilder(made.extend)
    for k, v in entries:
        table.add(k, v)
    table.finish()
    return bytes(made)


def inside_records(draw, path):
    """Damages a record of an event file; its checksums are right."""
    records = list(record_io.read_records(path))
    at = draw.randrange(len(records))
    records[at] = draw.choice(PLAIN)(draw, records[at])
    return b"".join(map(record_io.frame, records))


INSIDE = {"index": inside_table, "first format": inside_table, "events": inside_records}


def damaged(kind, path, draw):
    """The bytes of the file at `path`, damaged in one way."""
    if kind in INSIDE and draw.random() < 0.6:
        return INSIDE[kind](draw, path)
    data = pathlib.Path(path).read_bytes()
    made = draw.choice(PLAIN)(draw, data)
    return draw.choice(PLAIN)(draw, made) if made and draw.random() < 0.3 else made


# -- reading ---------------------------------------------------------------------------------------


def read_graph(path):
    for found in graph_files.read(path):
        with tf.Graph().as_default():
            try:
                tf.import_graph_def(found.graph_def, name="")
            except (ValueError, TypeError, errors.OpError):
                # What is wrong in a GraphDef is the program's to match with a file.
                return


def read_meta(path):
    with tf.Graph().as_default():
        tf.train.import_meta_graph(path)


def read_model(path):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.saved_model.load(session, ["serve"], os.path.dirname(path))


def read_checkpoint(path):
    prefix = path.split(".index")[0].split(".data")[0]
    reader = tf.train.NewCheckpointReader(prefix)
    reader.debug_string()
    for name in reader.get_variable_to_shape_map():
        reader._reader.read(name)


def read_state(path):
    folder = os.path.dirname(path)
    tf.train.get_checkpoint_state(folder)
    tf.train.latest_checkpoint(folder)


def read_events(path):
    for _ in tf.train.summary_iterator(path):
        pass


READERS = {
    "GraphDef": (read_graph,),
    "pbtxt": (read_graph,),
    "MetaGraphDef": (read_graph, read_meta),
    "old control flow": (read_graph, read_meta),
    "SavedModel": (read_graph, read_model),
    "index": (read_checkpoint,),
    "data": (read_checkpoint,),
    "first format": (read_checkpoint,),
    "state": (read_state,),
    "events": (read_graph, read_events),
}
# What programs expect of these functions.
EXPECTED = (errors.OpError, OSError, ValueError, TypeError, RuntimeError, KeyError)


def problem(reader, path):
    """Reads a damaged file; returns what is wrong with how that ends, or None."""

    def stop(number, frame):
        raise TooSlow

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        reader(path)
        return None
    except TooSlow:
        return f"takes more than {SECONDS} seconds"
    except EXPECTED as error:
        if isinstance(error, (RecursionError, UnicodeError)):
            return f"{type(error).__name__}: {str(error)[:200]}"
        text = " ".join([str(error), *getattr(error, "__notes__", ())])
        folder, name = os.path.split(path)
        prefix = name.split(".index")[0].split(".data")[0]
        if prefix not in text and folder not in text:
            return f"an error that names no file: {type(error).__name__}: {text[:300]}"
        return None
    except BaseException as error:
        return f"{type(error).__name__}: {str(error)[:300]}"
    finally:
        signal.alarm(0)


def cases(seed, count):
    """Yields (number, kind, a source of random numbers of its own)."""
    names = list(KINDS)
    for number in range(count):
        yield number, names[number % len(names)], random.Random(f"{seed}/{number}")


def run_case(corpus, folder, kind, draw):
    """Damages one file in an empty folder and reads it; returns what is wrong, a list."""
    name, companions = KINDS[kind]
    target = os.path.join(folder, name)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    for other in companions:
        source, place = os.path.join(corpus, other), os.path.join(folder, other)
        if os.path.isdir(source):
            shutil.copytree(source, place, dirs_exist_ok=True)
        else:
            shutil.copy(source, place)
    data = damaged(kind, os.path.join(corpus, name), draw)
    pathlib.Path(target).write_bytes(data)
    found = [(reader.__name__, problem(reader, target)) for reader in READERS[kind]]
    return [f"{reader}: {what}" for reader, what in found if what]
