"""The statistics of traced runs, and the timeline that is made of them."""

import base64
import collections
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import headrace.compat.v1 as tf
from headrace._src.engine import timeline
from headrace._src.proto import messages

GOLDEN = json.loads((pathlib.Path(__file__).parent / "golden_timeline.json").read_text())
FULL = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)


@pytest.fixture
def tier(request, monkeypatch, tmp_path):
    """How plans are executed: `off`, `always` or `` for the default."""
    monkeypatch.setenv("HEADRACE_CACHE", "on")
    monkeypatch.setenv("HEADRACE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HEADRACE_JIT", request.param)
    return request.param


off = pytest.param("off")
always = pytest.param("always", marks=pytest.mark.xla)
automatic = pytest.param("", marks=pytest.mark.xla)


def recorded():
    return messages.StepStats.FromString(base64.b64decode(GOLDEN["step_stats"]))


def counted(events):
    return collections.Counter(json.dumps(e, sort_keys=True) for e in events)


def shown(stats, **options):
    made = timeline.Timeline(stats).generate_chrome_trace_format(**options)
    return json.loads(made)["traceEvents"]


def traced(session, fetches, feed_dict=None):
    metadata = tf.RunMetadata()
    session.run(fetches, feed_dict, options=FULL, run_metadata=metadata)
    return metadata


def by_device(metadata):
    """Device → rows."""
    return {d.device: list(d.node_stats) for d in metadata.step_stats.dev_stats}


def measured(metadata):
    """Names of the rows that were measured: operations that were interpreted, and segments."""
    devices = by_device(metadata).items()
    return [r.node_name for name, rows in devices if "/segments" not in name for r in rows]


def shares(metadata):
    devices = by_device(metadata).items()
    return [r for name, rows in devices if "/segments" in name for r in rows]


def training():
    """(placeholder, what one step fetches)."""
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    w = tf.get_variable("w", [4, 3], initializer=tf.ones_initializer())
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - 1.0), name="loss")
    return x, [loss, tf.train.GradientDescentOptimizer(0.1).minimize(loss)]


class TestTimeline:
    @pytest.mark.parametrize("setting", ["00", "01", "10", "11"])
    def test_equals_tensorflow(self, setting):
        flow, memory = (c == "1" for c in setting)
        ours = shown(recorded(), show_dataflow=flow, show_memory=memory)
        assert counted(ours) == counted(GOLDEN["traces"][setting])

    @pytest.mark.parametrize(("options", "setting"), [((), "10"), ((True, True), "11")])
    def test_defaults(self, options, setting):
        ours = timeline.Timeline(recorded()).generate_chrome_trace_format(*options)
        assert counted(json.loads(ours)["traceEvents"]) == counted(GOLDEN["traces"][setting])

    def test_analysis(self):
        shower = timeline.Timeline(recorded(), graph=tf.get_default_graph())
        analysis = shower.analyze_step_stats()
        ours = json.loads(analysis.chrome_trace.format_to_string())["traceEvents"]
        assert counted(ours) == counted(GOLDEN["traces"]["11"])
        most = {
            name: [m.timestamp, m.num_bytes, sorted(m.tensors)]
            for name, m in analysis.allocator_maximums.items()
        }
        assert most == GOLDEN["maximums"]
        assert shower.analyze_step_stats(show_memory=False).allocator_maximums == {}

    @pytest.mark.parametrize(
        ("device", "name", "label", "expected"),
        [
            ("/device:CPU:0", "s", "s = Segment(a, b) [2 Add, 1 Mul; 3 us static]",
             {"name": "s", "op": "Segment", "input0": "a", "input1": "b"}),
            ("/device:CPU:0", "s", "s = Segment() [1 Add]", {"name": "s", "op": "Segment"}),
            ("/device:CPU:0", "s", "[4B] s = Add(a:1, ^c)",
             {"name": "s", "op": "Add", "input0": "a:1", "input1": "^c"}),
            ("/device:CPU:0", "s", "s = Add(a", {"name": "s", "op": "unknown"}),
            ("/device:CPU:0", "s:Mul", "edge", {"name": "s:Mul", "op": "unknown"}),
            ("/device:CPU:0", "RecvTensor", "edge_4_a",
             {"name": "RecvTensor", "op": "RecvTensor"}),
            ("/device:GPU:0/stream:all", "s:Mul", "s = Add(a)", {"name": "s", "op": "Mul"}),
            ("/device:GPU:0/stream:16", "s", "s = Add(a)", {"name": "s", "op": "unknown"}),
            ("/device:GPU:0/memcpy", "s:MEMCPYHtoD", "", {"name": "s", "op": "MEMCPYHtoD"}),
        ],
    )  # fmt: skip
    def test_labels(self, device, name, label, expected):
        stats = messages.StepStats()
        row = stats.dev_stats.add(device=device).node_stats.add(node_name=name)
        row.timeline_label = label
        assert shown(stats)[-1]["args"] == expected

    def test_several_outputs(self):
        """Outputs after the first are named by their position, and live as long as readers do."""
        stats = messages.StepStats()
        device = stats.dev_stats.add(device="/device:CPU:0")
        for name, start, inputs, sizes in [("a", 10, "", [8, 16]), ("b", 12, "a:1", [3])]:
            row = device.node_stats.add(node_name=name, all_start_micros=start)
            row.all_end_rel_micros = 5
            row.timeline_label = f"{name} = Op({inputs})"
            for slot, size in enumerate(sizes):
                memory = row.output.add(slot=slot).tensor_description.allocation_description
                memory.requested_bytes, memory.allocator_name = size, "cpu"
        events = shown(stats, show_memory=True)
        arrows = [(e["name"], e["ph"], e["ts"]) for e in events if e.get("cat") == "DataFlow"]
        assert arrows == [("a:1", "s", 15), ("a:1", "t", 12)]
        ends = {e["name"]: e["ts"] for e in events if e["ph"] == "D"}
        assert ends == {"a": 15, "a:1": 16, "b": 17}
        totals = [(e["ts"], e["args"]["cpu"]) for e in events if e["ph"] == "C"]
        assert totals == [(10, 8), (10, 24), (12, 27), (15, 19), (16, 3), (17, 0)]

    def test_tensorflow_name(self):
        code = (
            "import headrace.alias; headrace.alias.install()\n"
            "from tensorflow.python.client import timeline\n"
            "import tensorflow as tf\n"
            "print(timeline.Timeline(tf.RunMetadata().step_stats).generate_chrome_trace_format())\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["traceEvents"][0]["args"] == {"name": "Allocators"}


class TestRunMetadata:
    @pytest.mark.parametrize("tier", [off, always], indirect=True)
    def test_training_step(self, tier):
        x, step = training()
        graph = tf.get_default_graph()
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            feed = {x: np.ones((5, 4), np.float32)}
            session.run(step, feed)
            metadata = traced(session, step, feed)
        events = shown(metadata.step_stats, show_memory=True)
        assert all({"ph", "pid"} <= e.keys() for e in events)
        boxes = [e for e in events if e["ph"] == "X"]
        assert all({"ts", "dur", "tid"} <= e.keys() and e["dur"] >= 0 for e in boxes)
        flows = collections.Counter((e["ph"], e["id"]) for e in events if e["ph"] in "st")
        assert all(flows["s", i] == flows["t", i] == 1 for _, i in flows)
        types = {o.name: o.type for o in graph.get_operations()}
        segments = [e for e in boxes if e["name"] == "Segment"]
        for e in boxes:
            if e not in segments:
                assert types[e["args"]["name"]] == e["name"]
        assert {"MatMul", "Mean"} <= {e["name"] for e in boxes}
        assert bool(segments) == (tier == "always")

    @pytest.mark.parametrize("tier", [always], indirect=True)
    def test_shares_sum_to_the_segment(self, tier):
        x, step = training()
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            metadata = traced(session, step, {x: np.ones((5, 4), np.float32)})
            units = session.explain(step, [x]).units
        parts = shares(metadata)
        rows = [r for rows in by_device(metadata).values() for r in rows]
        segments = [r for r in rows if "= Segment(" in r.timeline_label]
        assert len(segments) == 1 and not {r.node_name for r in parts} & {*measured(metadata)}
        assert len(parts) == sum(u.steps for u in units if u.kind == "segment")
        # Static costs are not known: the plan was never interpreted.
        assert "static" not in segments[0].timeline_label
        assert sum(r.all_end_rel_micros for r in parts) == segments[0].all_end_rel_micros
        at = segments[0].all_start_micros
        for row in parts:
            assert row.all_start_micros == at
            at += row.all_end_rel_micros

    @pytest.mark.parametrize("tier", [automatic], indirect=True)
    def test_static_costs(self, tier):
        x = tf.placeholder(tf.float32, [None, 64], name="rows")
        y = x
        for _ in range(40):
            y = tf.tanh(y) * 1.01 + 0.1
        y = tf.reduce_sum(y)
        feed = {x: np.ones((500, 64), np.float32)}
        with tf.Session() as session:
            session.run(y, feed)
            due = session.explain(y, [x]).compiles_at
            for _ in range(due):
                session.run(y, feed)
            explained = session.explain(y, [x])
            metadata = traced(session, y, feed)
        assert explained.tier == "compiled"
        (unit,) = explained.units
        labels = [r.timeline_label for r in by_device(metadata)[next(iter(by_device(metadata)))]]
        (label,) = [text for text in labels if "Segment(" in text]
        assert label.startswith("segment_0 = Segment(rows) [")
        static = float(label.rpartition("; ")[2].removesuffix(" us static]"))
        # What calling the code takes is not a cost of its operations.
        assert 0.95 * unit.compiled < static < unit.compiled
        # A hyperbolic tangent costs more than a product of as many elements.
        took = collections.Counter()
        for row in shares(metadata):
            took[row.timeline_label.split("(")[0].split(" = ")[1]] += row.all_end_rel_micros
        assert took["Tanh"] > took["Mul"]

    @pytest.mark.parametrize("tier", [always], indirect=True)
    def test_interpreted_segments_have_no_row(self, tier):
        """A segment that falls back is its operations, once each, and no segment."""
        indices = tf.placeholder(tf.int32, [None], name="indices")
        table = tf.constant([[1.0, 2.0], [3.0, 4.0]])
        rows = tf.gather(table, indices, name="rows")
        total = tf.reduce_sum(tf.square(rows), name="total")
        with tf.Session() as session:
            session.run(total, {indices: [0]})
            with pytest.raises(tf.errors.InvalidArgumentError):
                session.run(total, {indices: [7]}, options=FULL, run_metadata=tf.RunMetadata())
            good = traced(session, total, {indices: [1]})
            assert measured(good) == ["segment_0"]
            seen = [traced(session, total, {indices: [0] * n}) for n in range(2, 8)]
        fallen = [m for m in seen if "segment_0" not in measured(m)]
        assert fallen and len(fallen) < len(seen)
        for metadata in fallen:
            names = measured(metadata)
            assert {"rows", "total"} <= {*names} and len({*names}) == len(names)
            assert not shares(metadata)

    @pytest.mark.parametrize("tier", [off, always], indirect=True)
    def test_tensorboard_reads_it(self, tier, tmp_path):
        event_accumulator = pytest.importorskip(
            "tensorboard.backend.event_processing.event_accumulator"
        )
        x, step = training()
        with tf.Session() as session, tf.summary.FileWriter(str(tmp_path / "log")) as writer:
            session.run(tf.global_variables_initializer())
            metadata = traced(session, step, {x: np.ones((5, 4), np.float32)})
            writer.add_run_metadata(metadata, "step1", 1)
        read = event_accumulator.EventAccumulator(str(tmp_path / "log")).Reload()
        assert read.Tags()["run_metadata"] == ["step1"]
        found = read.RunMetadata("step1")
        assert found.step_stats.SerializeToString() == metadata.step_stats.SerializeToString()
