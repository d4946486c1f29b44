"""Device strings and ConfigProto: placement, its errors, and which of JAX's devices runs what."""

import os
import subprocess
import sys

import pytest

import headrace as tf
from headrace._src.engine import backend, devices
from headrace._src.engine.devices import Devices, wanted

LOCAL = "/job:localhost/replica:0/task:0"
AVAILABLE = f"[ {LOCAL}/device:CPU:0, {LOCAL}/device:XLA_CPU:0 ]"
NO_CUDA = " The requested device appears to be a GPU, but CUDA is not enabled."


@pytest.fixture(autouse=True)
def no_accelerators(monkeypatch):
    monkeypatch.setattr(backend, "accelerators", lambda: [])


# -- the mapping -----------------------------------------------------------------------------------

TWO = ("GPU", "GPU")


@pytest.mark.parametrize(
    ("requests", "kinds", "cpus", "place"),
    [
        ([], (), 1, ("CPU", 0)),
        ([], TWO, 1, ("GPU", 0)),
        (["", ""], TWO, 1, ("GPU", 0)),
        (["/cpu:0", "/cpu:0"], TWO, 1, ("CPU", 0)),
        (["/device:XLA_CPU:0"], TWO, 1, ("CPU", 0)),
        (["/cpu:0", ""], TWO, 1, ("GPU", 0)),
        (["/cpu:0", "/cpu:0", "/gpu:1"], TWO, 1, ("GPU", 1)),
        (["/gpu:1", "/gpu:0", "/gpu:1"], TWO, 1, ("GPU", 1)),
        (["/gpu:1", "/gpu:0"], TWO, 1, ("GPU", 0)),
        (["/device:XLA_GPU:1"], TWO, 1, ("GPU", 1)),
        (["/device:GPU:*"], TWO, 1, ("GPU", 0)),
        # What is not there counts as no request.
        (["/gpu:0", "/gpu:1"], (), 1, ("CPU", 0)),
        (["/gpu:7", "/gpu:1"], TWO, 1, ("GPU", 1)),
        (["/gpu:7"], TWO, 1, ("GPU", 0)),
        (["/cpu:3"], TWO, 1, ("GPU", 0)),
        (["/cpu:2"], (), 3, ("CPU", 2)),
        (["/cpu:2", "/cpu:2", "/cpu:1"], (), 3, ("CPU", 2)),
        (["/device:TPU:1"], ("TPU", "TPU"), 1, ("TPU", 1)),
        (["/gpu:0"], ("TPU",), 1, ("TPU", 0)),
        (["/job:worker/task:3/gpu:1"], TWO, 1, ("GPU", 1)),
    ],
)
def test_wanted(requests, kinds, cpus, place):
    assert wanted(requests, kinds, cpus) == place


@pytest.mark.parametrize(
    ("text", "count", "result"),
    [("", 3, [0, 1, 2]), ("2,0", 3, [2, 0]), (" 1", 2, [1]), ("", 0, [])],
)
def test_visible_devices(text, count, result):
    assert devices.chosen(text, count) == result


@pytest.mark.parametrize(("text", "message"), [("x", "Could not parse entry"), ("0,3", "'3' but")])
def test_visible_devices_that_are_not_there(text, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        devices.chosen(text, 3)


def test_malformed():
    with pytest.raises(tf.errors.InvalidArgumentError, match="Malformed device specification 'a:b"):
        devices.parsed("a:b:c:d")


# -- what there is ---------------------------------------------------------------------------------


def test_lists():
    from headrace._src.platform import device_lib

    with tf.Session(config=tf.ConfigProto(device_count={"CPU": 2})) as sess:
        names = [(d.name.removeprefix(LOCAL), d.device_type) for d in sess.list_devices()]
    assert names == [
        ("/device:CPU:0", "CPU"),
        ("/device:CPU:1", "CPU"),
        ("/device:XLA_CPU:0", "XLA_CPU"),
    ]
    cpu, xla = device_lib.list_local_devices()
    assert (cpu.name, cpu.device_type, cpu.memory_limit) == ("/device:CPU:0", "CPU", 1 << 28)
    assert xla.physical_device_desc == "device: XLA_CPU device"
    assert tf.test.gpu_device_name() == ""
    assert not tf.test.is_gpu_available()


def test_servers():
    cluster = {"ps": ["localhost:1"], "worker": ["localhost:2", "localhost:3"]}
    server = tf.train.Server(cluster, "worker", 1)
    with tf.device("/job:ps/cpu:0"):
        a = tf.constant(1.0)
    with tf.Session(server.target) as sess:
        names = [d.name for d in sess.list_devices() if d.device_type == "CPU"]
        assert names == [
            f"/job:{task}/device:CPU:0"
            for task in (
                "worker/replica:0/task:1",
                "ps/replica:0/task:0",
                "worker/replica:0/task:0",
            )
        ]
        assert sess.run(a) == 1.0
        with tf.device("/job:worker/task:2"):
            tf.constant(1.0, name="b")
        with pytest.raises(tf.errors.InvalidArgumentError, match="assigned to /job:worker/task:2 "):
            sess.run(a)


def test_no_cpu():
    with pytest.raises(tf.errors.NotFoundError, match="No CPU devices are available in this pro"):
        tf.Session(config=tf.ConfigProto(device_count={"CPU": 0}))


@pytest.mark.parametrize(
    ("plugins", "environment", "nodes", "answer"),
    [
        ((), {}, ["/dev/nvidia0"], False),
        (("xla_cuda12",), {}, ["/dev/nvidia0"], True),
        (("xla_cuda12",), {}, [], False),
        (("xla_cuda12",), {"CUDA_VISIBLE_DEVICES": ""}, ["/dev/nvidia0"], False),
        (("xla_cuda12",), {"CUDA_VISIBLE_DEVICES": "-1"}, ["/dev/nvidia0"], False),
        (("xla_cuda12",), {"CUDA_VISIBLE_DEVICES": "1"}, ["/dev/nvidia0"], True),
        (("xla_cuda12",), {"JAX_PLATFORMS": "cpu"}, ["/dev/nvidia0"], False),
        (("xla_cuda12",), {"JAX_PLATFORMS": "cuda,cpu"}, ["/dev/nvidia0"], True),
        (("libtpu",), {"CUDA_VISIBLE_DEVICES": ""}, [], True),
    ],
)
def test_cheap_check(monkeypatch, plugins, environment, nodes, answer):
    for name in ("CUDA_VISIBLE_DEVICES", "JAX_PLATFORMS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(sys.modules, "jax", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(backend, "_plugins", lambda: plugins)
    monkeypatch.setattr(backend.glob, "glob", lambda pattern: nodes)
    assert backend.may_have_accelerators() is answer


def python(code, **environment):
    given = {k: v for k, v in os.environ.items() if k not in ("XLA_FLAGS", "HEADRACE_JIT")}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**given, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_looking_for_devices_does_not_import_jax():
    code = """
import sys
import headrace as tf
from headrace._src.platform import device_lib
with tf.device("/gpu:0"):
    a = tf.constant(1.0) + 2
with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as sess:
    print(sess.run(a), len(sess.list_devices()), len(device_lib.list_local_devices()))
try:
    tf.Session().run(a)
except tf.errors.InvalidArgumentError:
    print(repr(tf.test.gpu_device_name()), "jax" in sys.modules)
"""
    assert python(code, CUDA_VISIBLE_DEVICES="-1", JAX_PLATFORMS="cpu") == "3.0 2 2\n'' False\n"


# -- where operations may be placed: the answers of 1.15.5 on a machine without GPU --------------

EXPLICIT = "was explicitly assigned to {} but available devices are " + AVAILABLE + ". Make sure "
EXPLICIT += "the device specification refers to a valid device."


@pytest.mark.parametrize(
    ("device", "hard", "soft"),
    [
        ("/gpu:0", "/device:GPU:0", None),
        ("/gpu:1", "/device:GPU:1", None),
        ("/device:GPU:*", "/device:GPU:*", None),
        ("/cpu:0", None, None),
        ("/cpu:1", "/device:CPU:1", None),
        ("/device:XLA_CPU:0", None, None),
        ("/device:TPU:0", "/device:TPU:0", None),
        ("/device:FOO:0", "/device:FOO:0", None),
        ("/job:localhost/replica:0/task:0", None, None),
        ("/task:1", "/task:1", "/task:1"),
        ("/job:ps/task:0", "/job:ps/task:0", "/job:ps/task:0"),
    ],
)
def test_explicit(device, hard, soft):
    with tf.device(device):
        a = tf.add(tf.constant(1.0), 2.0, name="a")
        tf.string_join(["x", "y"], name="later")
    for is_soft, wrong in ((False, hard), (True, soft)):
        with tf.Session(config=tf.ConfigProto(allow_soft_placement=is_soft)) as sess:
            if wrong is None:
                assert sess.run(a) == 3.0
                continue
            with pytest.raises(tf.errors.InvalidArgumentError) as e:
                sess.run(a)
            first = e.value.message.splitlines()[0]
            assert first.startswith("Cannot assign a device for operation a: node a (defined at ")
            extra = NO_CUDA if "GPU" in wrong else ""
            assert first.endswith(")  " + EXPLICIT.format(wrong) + extra)
            assert e.value.op.name == "a"


def test_device_count_of_cpus():
    with tf.device("/cpu:2"):
        a = tf.constant(1.0) + 2
    with tf.Session(config=tf.ConfigProto(device_count={"CPU": 3})) as sess:
        assert sess.run(a) == 3.0


def test_the_whole_graph_counts():
    c = tf.constant(1.0, name="a") * 2
    sess = tf.Session()
    assert sess.run(c) == 2.0
    with tf.device("/gpu:0"):
        tf.add(c, 1.0, name="b")
    for _ in range(2):
        with pytest.raises(tf.errors.InvalidArgumentError, match="for operation b:"):
            sess.run(c)
    with pytest.raises(tf.errors.InvalidArgumentError, match="for operation b:"):
        sess.make_callable(c)
    with pytest.raises(tf.errors.InvalidArgumentError, match="for operation b:"):
        sess.partial_run_setup([c], [])


def test_sources_come_last():
    with tf.device("/gpu:0"):
        x = tf.placeholder(tf.float32, [], name="x")
        k = tf.constant(1.0, name="k")
        y = tf.add(x, k, name="y")
    with pytest.raises(tf.errors.InvalidArgumentError, match="for operation y:"):
        tf.Session().run(y, {x: 1.0})


def test_colocated():
    with tf.device("/gpu:0"):
        tf.get_variable("v", [2])
    with pytest.raises(tf.errors.InvalidArgumentError) as e:
        tf.Session().run(tf.global_variables_initializer())
    name = "v/Initializer/random_uniform/RandomUniform"
    text = e.value.message
    assert text.startswith(
        f"Cannot assign a device for operation {name}: Could not satisfy explicit device "
        f"specification '' because the node node {name} "
    )
    assert (
        "was colocated with a group of nodes that required incompatible device '/device:GPU:0'. "
        f"All available devices [{AVAILABLE[2:-2]}]. " in text
    )


def test_the_device_of_a_variable_rules_what_takes_it():
    with tf.device("/cpu:0"):
        v = tf.get_variable("v", initializer=1.0, use_resource=True)
    with tf.device("/gpu:0"):
        read = tf.raw_ops.ReadVariableOp(resource=v.handle, dtype=tf.float32)
    with tf.Session() as sess:
        sess.run(v.initializer)
        assert sess.run(read) == 1.0


def test_bodies():
    p = tf.placeholder(tf.bool, [])

    def on_gpu():
        with tf.device("/gpu:0"):
            return tf.constant(1.0) + 2

    r = tf.cond(p, on_gpu, lambda: tf.constant(3.0))
    with pytest.raises(tf.errors.InvalidArgumentError) as e:
        tf.Session().run(r, {p: False})
    start = "Cannot assign a device for operation cond/then/_0/add: {{node cond/then/_0/add}} was "
    assert e.value.message.startswith(start)
    with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as sess:
        assert sess.run(r, {p: True}) == 3.0


def test_log(capfd):
    a = tf.placeholder(tf.float32, [], name="a")
    with tf.device("/gpu:0"):
        b = tf.add(a, 1.0, name="b")
    config = tf.ConfigProto(allow_soft_placement=True, log_device_placement=True)
    with tf.Session(config=config) as sess:
        sess.run(b, {a: 1.0})
        sess.run(b, {a: 1.0})
        tf.multiply(b, a, name="c")
        sess.run(b, {a: 1.0})
    cpu = f"{LOCAL}/device:CPU:0"
    first = [f"b: (Add): {cpu}", f"a: (Placeholder): {cpu}", f"b/y: (Const): {cpu}"]
    again = [first[0], f"c: (Mul): {cpu}", *first[1:]]
    mapping = ["Device mapping:", f"{LOCAL}/device:XLA_CPU:0 -> device: XLA_CPU device"]
    assert capfd.readouterr().out.splitlines() == mapping + first + again


# -- where segments run ----------------------------------------------------------------------------

# JAX is given three CPUs, two of which stand for GPUs.
ACCELERATED = """
import os
import jax, numpy as np
import headrace as tf
from headrace._src.engine import backend, program
from headrace._src.engine.devices import Devices
from headrace._src.engine.resources import Cell
backend.accelerators = lambda: jax.local_devices()[1:]
Devices.kinds = property(lambda self: ("GPU",) * len(self.accelerators))

def places(sess):
    return [str(s.place) for p in sess.prepared for s in (p.staged.segments if p.staged else ())]

def on(places):
    return sorted(set(places))

def stored(sess):
    cells = [c for c in sess._resources.all() if isinstance(c, Cell)]
    return sorted({c.stored.device.id for c in cells if hasattr(c.stored, "device")})

x = tf.placeholder(tf.float32, [4, 3], name="x")
v = tf.get_variable("v", initializer=np.ones((3, 2), np.float32))
loss = tf.reduce_sum(tf.square(tf.tanh(x @ v) - 0.3))
train = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss)
with tf.device("/cpu:0"):
    on_cpu = tf.tanh(tf.identity(x) * 2.0)
with tf.device("/gpu:1"):
    on_second = tf.tanh(x * 3.0)
mixed = on_cpu + on_second + tf.reduce_sum(v)
feed = {x: np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)}

def trained(**config):
    with tf.Session(config=tf.ConfigProto(allow_soft_placement=True, **config)) as sess:
        sess.run(tf.global_variables_initializer())
        losses = [float(sess.run([loss, train], feed)[0]) for _ in range(3)]
        values = sess.run(mixed, feed)
        return [round(l, 5) for l in losses], values.round(4).tolist(), places(sess), stored(sess)

"""


@pytest.mark.xla
def test_segments_run_on_their_device(tmp_path):
    code = (
        ACCELERATED
        + """
plain = trained(device_count={"GPU": 0})
default = trained()
second = trained(gpu_options=tf.GPUOptions(visible_device_list="1"))
assert plain[:2] == default[:2] == second[:2]
print(*(f(part) for r in (plain, default, second) for f, part in ((on, r[2]), (list, r[3]))))
compilations = []
compiled = program._compiled
program._compiled = lambda *args: compilations.append(1) or compiled(*args)
program._CACHE.clear()
assert trained() == default and trained(device_count={"GPU": 0}) == plain
print(len(compilations))
with tf.Session() as sess:
    for fetch in (on_cpu, on_second):
        np.testing.assert_allclose(sess.run(fetch, feed), np.tanh(
            feed[x] * (2 if fetch is on_cpu else 3)), rtol=1e-6)
    print(places(sess), [d.name[-5:] for d in sess.list_devices()])
    print("segment on GPU:1: " in str(sess.explain(on_second, feed)))
    options, metadata = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), tf.RunMetadata()
    sess.run(on_second, feed, options, metadata)
    print([d.device.rpartition("task:0")[2] for d in metadata.step_stats.dev_stats])
with tf.Graph().as_default(), tf.device("/gpu:2"):
    y = tf.constant(1.0)
    try:
        tf.Session().run(y)
    except tf.errors.InvalidArgumentError as e:
        print(e.message.splitlines()[0].partition("assigned to ")[2])
"""
    )
    out = python(
        code,
        XLA_FLAGS="--xla_force_host_platform_device_count=3",
        HEADRACE_JIT="always",
        HEADRACE_CACHE="on",
        HEADRACE_CACHE_DIR=str(tmp_path),
        JAX_PLATFORMS="cpu",
    ).splitlines()
    # Accelerators 0 and 1 are JAX's devices 1 and 2.
    assert out[0] == "['CPU:0'] [0] ['GPU:0', 'GPU:1'] [1] ['GPU:0'] [2]"
    assert out[1] == "0", "compiled anew although it is on disk"
    assert out[2].startswith("['CPU:0', 'GPU:1'] ['CPU:0', 'CPU:0', 'GPU:0', 'GPU:1']")
    assert out[3] == "True"
    assert out[4] == "['/device:CPU:0', '/device:GPU:1', '/device:GPU:1/segments']"
    available = [f"{LOCAL}/device:{d}" for d in ("CPU:0", "GPU:0", "GPU:1", "XLA_CPU:0")]
    assert out[5] == (
        f"/device:GPU:2 but available devices are [ {', '.join(available)} ]. Make sure the device "
        "specification refers to a valid device."
    )


@pytest.mark.xla
def test_gpu_memory(tmp_path):
    code = """
import os
import headrace as tf
from headrace._src.engine import backend
import jax
seen = []
find = jax.devices
jax.devices = lambda *a: seen.append({k[18:]: v for k, v in os.environ.items()
                                      if k.startswith("XLA_PYTHON_CLIENT_")}) or find(*a)
options = tf.GPUOptions(per_process_gpu_memory_fraction=0.25, allow_growth=True)
with tf.Session(config=tf.ConfigProto(gpu_options=options)):
    backend.jax()
print(seen[0], [k for k in os.environ if k.startswith("XLA_PYTHON_CLIENT_")])
"""
    out = python(code, JAX_PLATFORMS="cpu")
    assert out == "{'PREALLOCATE': 'false', 'MEM_FRACTION': '0.25'} []\n"


def test_a_session_without_configuration_has_the_default_devices():
    assert Devices().names() == [f"{LOCAL}/device:CPU:0", f"{LOCAL}/device:XLA_CPU:0"]
