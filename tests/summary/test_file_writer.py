"""FileWriter: what TensorBoard's own reader finds in our event files."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import headrace as tf
from headrace._src.proto import record_io


def events_of(directory):
    found = []
    for name in sorted(os.listdir(directory)):
        found.extend(tf.train.summary_iterator(os.path.join(str(directory), name)))
    return found


def scalar(tag, number):
    return tf.Summary(value=[tf.Summary.Value(tag=tag, simple_value=number)])


def test_tensorboard_reads_what_we_write(tmp_path):
    event_accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    x = tf.placeholder(tf.float32, [None], name="x")
    tf.summary.scalar("average", tf.reduce_mean(x))
    tf.summary.histogram("values", x)
    tf.summary.image("picture", tf.reshape(x, [1, 2, 2, 1]))
    tf.summary.audio("sound", tf.reshape(x, [1, 4]), 8000.0)
    tf.summary.text("words", tf.constant("hello"))
    merged = tf.summary.merge_all()
    with tf.Session() as session, tf.summary.FileWriter(str(tmp_path), session.graph) as writer:
        for step in range(3):
            data = session.run(merged, {x: np.array([0.0, 0.25, 0.5, 1.0]) * step})
            writer.add_summary(data, step)
    read = event_accumulator.EventAccumulator(str(tmp_path)).Reload()
    assert [(e.step, e.value) for e in read.Scalars("average")] == [
        (0, 0.0), (1, 0.4375), (2, 0.875),
    ]  # fmt: skip
    histogram = read.Histograms("values")[-1].histogram_value
    assert (histogram.min, histogram.max, histogram.num) == (0.0, 2.0, 4.0)
    picture = read.Images("picture/image/0")[1]
    assert (picture.width, picture.height) == (2, 2)
    assert picture.encoded_image_string[:4] == b"\x89PNG"
    assert read.Audio("sound/audio/0")[1].content_type == "audio/wav"
    assert read.Tensors("words")[0].tensor_proto.string_val == [b"hello"]
    assert read.SummaryMetadata("words").plugin_data.plugin_name == "text"
    assert "x" in [node.name for node in read.Graph().node]
    assert read.MetaGraph().meta_info_def.tensorflow_version == "1.15.5"


def test_events_in_order(tmp_path):
    writer = tf.summary.FileWriter(str(tmp_path), filename_suffix=".end")
    assert os.listdir(tmp_path)[0].endswith(".end")
    writer.add_run_metadata(tf.RunMetadata(), "t", 1)
    with pytest.raises(ValueError, match="The provided tag was already used"):
        writer.add_run_metadata(tf.RunMetadata(), "t", 2)
    writer.add_session_log(tf.SessionLog(status=tf.SessionLog.START), 2)
    writer.add_event(tf.Event(wall_time=5.0))
    writer.add_summary(scalar("a", 1.5), np.int64(4))
    writer.add_summary(scalar("a", 2.5).SerializeToString())
    writer.close()
    events = events_of(tmp_path)
    assert [e.WhichOneof("what") for e in events] == [
        "file_version", "tagged_run_metadata", "session_log", None, "summary", "summary",
    ]  # fmt: skip
    assert events[0].file_version == "brain.Event:2"
    assert [e.step for e in events] == [0, 1, 2, 0, 4, 0]
    assert events[3].wall_time == 5.0
    assert writer.get_logdir() == str(tmp_path)


def test_metadata_is_written_once(tmp_path):
    value = tf.Summary.Value(tag="a", simple_value=1.0)
    value.metadata.display_name = "shown"
    summary = tf.Summary(value=[value])
    with tf.summary.FileWriter(str(tmp_path)) as writer:
        writer.add_summary(summary, 1)
        writer.add_summary(summary, 2)
    events = events_of(tmp_path)
    assert [e.summary.value[0].HasField("metadata") for e in events[1:]] == [True, False]
    assert summary.value[0].HasField("metadata")


def test_flush_close_and_reopen(tmp_path):
    writer = tf.summary.FileWriter(str(tmp_path / "new" / "dir"))
    directory = tmp_path / "new" / "dir"
    assert os.listdir(directory) == []
    writer.flush()
    for i in range(100):
        writer.add_summary(scalar("a", i), i)
    writer.flush()
    assert [e.step for e in events_of(directory)[1:]] == list(range(100))
    writer.close()
    writer.close()
    with pytest.warns(UserWarning, match="Attempting to use a closed FileWriter"):
        writer.add_summary(scalar("a", 1.0), 200)
    writer.reopen()
    writer.reopen()
    writer.add_summary(scalar("a", 1.0), 300)
    writer.close()
    assert len(os.listdir(directory)) == 2
    assert [e.step for e in events_of(directory)][-2:] == [0, 300]


def test_events_reach_the_file_by_themselves(tmp_path):
    writer = tf.summary.FileWriter(str(tmp_path), flush_secs=0.01)
    writer.add_summary(scalar("a", 1.0), 7)
    for _ in range(500):
        if os.listdir(tmp_path) and len(events_of(tmp_path)) == 2:
            break
        threading.Event().wait(0.01)
    assert events_of(tmp_path)[1].step == 7
    writer.close()


def test_many_threads(tmp_path):
    with tf.summary.FileWriter(str(tmp_path), max_queue=2) as writer:

        def add(start):
            for i in range(50):
                writer.add_summary(scalar("a", i), start + i)
                if i % 10 == 0:
                    writer.flush()

        threads = [threading.Thread(target=add, args=(100 * n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    steps = sorted(e.step for e in events_of(tmp_path)[1:])
    assert steps == sorted(100 * n + i for n in range(4) for i in range(50))


def test_graphs(tmp_path):
    graph = tf.Graph()
    with graph.as_default():
        tf.constant(1.0, name="c")
    with tf.summary.FileWriter(str(tmp_path)) as writer:
        writer.add_graph(graph, 3)
        writer.add_graph(graph.as_graph_def())
        with pytest.raises(ValueError, match="Please pass only graph, or graph_def"):
            writer.add_graph(graph, graph_def=graph.as_graph_def())
        with pytest.raises(TypeError, match="must be an instance of `Graph`"):
            writer.add_graph(3)
        with pytest.raises(TypeError, match="must be type MetaGraphDef"):
            writer.add_meta_graph(3)
        writer.add_meta_graph(tf.MetaGraphDef(), 4)
    events = events_of(tmp_path)
    first = tf.GraphDef.FromString(events[1].graph_def)
    assert first.node[0].name == "c"
    assert "_output_shapes" in first.node[0].attr
    assert "_output_shapes" not in tf.GraphDef.FromString(events[2].graph_def).node[0].attr
    assert [e.step for e in events] == [0, 3, 0, 4]


def test_only_events_are_events(tmp_path):
    with tf.summary.FileWriter(str(tmp_path)) as writer:
        with pytest.raises(TypeError, match="expected an Event"):
            writer.add_event(tf.Summary())


def test_a_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(tf.errors.OpError):
        tf.summary.FileWriter(str(tmp_path / "file" / "below"))


def test_a_failing_disk_is_an_error_not_a_hang(tmp_path, monkeypatch):
    monkeypatch.setattr(record_io, "open_file", lambda path, mode: open("/dev/full", "wb"))
    writer = tf.summary.FileWriter(str(tmp_path), max_queue=1)
    writer.add_summary(scalar("a", 1.0), 1)
    with pytest.raises(tf.errors.ResourceExhaustedError, match="No space left on device"):
        writer.flush()
    with pytest.raises(tf.errors.ResourceExhaustedError):
        for step in range(10):
            writer.add_summary(scalar("a", 1.0), step)
    with pytest.raises(tf.errors.ResourceExhaustedError):
        writer.close()
    monkeypatch.undo()
    writer.reopen()
    writer.add_summary(scalar("a", 1.0), 9)
    writer.close()
    assert events_of(tmp_path)[-1].step == 9


def test_a_vanished_directory(tmp_path):
    writer = tf.summary.FileWriter(str(tmp_path / "d"))
    os.rmdir(tmp_path / "d")
    writer.add_summary(scalar("a", 1.0), 1)
    with pytest.raises(tf.errors.NotFoundError):
        writer.close()


def test_two_writers_of_one_directory(tmp_path):
    writers = [tf.summary.FileWriter(str(tmp_path)) for _ in range(3)]
    for step, writer in enumerate(writers):
        writer.add_summary(scalar("a", 1.0), step)
        writer.close()
    assert len(os.listdir(tmp_path)) == 3
    assert sorted(e.step for e in events_of(tmp_path)) == [0, 0, 0, 0, 1, 2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*")
def test_a_child_process_writes_a_file_of_its_own(tmp_path):
    writer = tf.summary.FileWriter(str(tmp_path))
    writer.add_summary(scalar("a", 1.0), 1)
    writer.flush()
    writer.add_summary(scalar("b" * 1000, 1.0), 4)
    child = os.fork()
    if child == 0:
        try:
            writer.add_summary(scalar("a", 2.0), 2)
            writer.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    writer.add_summary(scalar("a", 3.0), 3)
    writer.close()
    assert sorted(e.step for e in events_of(tmp_path)) == [0, 0, 1, 2, 3, 4]


def test_a_forgotten_close_loses_nothing(tmp_path):
    code = (
        "import headrace as tf\n"
        f"w = tf.summary.FileWriter({str(tmp_path)!r})\n"
        "w.add_summary(tf.Summary(value=[tf.Summary.Value(tag='a', simple_value=1.0)]), 5)\n"
    )
    environment = dict(os.environ, PYTHONPATH=os.path.abspath(os.path.join(__file__, "../../..")))
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, env=environment)
    assert events_of(tmp_path)[-1].step == 5


def test_cache(tmp_path):
    cache = tf.summary.FileWriterCache
    writer = cache.get(str(tmp_path))
    assert cache.get(str(tmp_path)) is writer
    cache.clear()
    again = cache.get(str(tmp_path))
    assert again is not writer
    cache.clear()
