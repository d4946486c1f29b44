"""`import tensorflow` and what programs import below it, in processes of their own."""

import importlib.util
import subprocess
import sys

import pytest

from headrace._src.alias import deep

PREAMBLE = "import headrace.alias; headrace.alias.install()\n"


def run(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", PREAMBLE + code], capture_output=True, text=True
    )


def check(code):
    done = run(code)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [
        "import tensorflow as tf; assert tf.__version__ == tf.VERSION == '1.15.5'",
        "import tensorflow.compat.v1 as tf; assert tf.__version__ == '1.15.5'; tf.placeholder",
        "import tensorflow as tf; assert tf.compat.v1.Session is tf.Session",
        "import tensorflow as tf; import tensorflow.nn as nn; assert nn is tf.nn",
        "from tensorflow.python.ops import array_ops; import tensorflow as tf\n"
        "assert array_ops.placeholder is tf.placeholder",
        "from tensorflow.python.framework import ops, dtypes; import tensorflow as tf\n"
        "assert ops.Tensor is tf.Tensor and ops.name_scope is tf.name_scope\n"
        "assert ops.convert_to_tensor is tf.convert_to_tensor and dtypes.float32 is tf.float32",
        "from tensorflow.python.framework import tensor_shape; tensor_shape.TensorShape([1])",
        "from tensorflow.python.framework.ops import GraphKeys, get_default_graph",
        "from tensorflow.core.framework import graph_pb2, node_def_pb2; graph_pb2.GraphDef()",
        "from tensorflow.core.protobuf.config_pb2 import ConfigProto; ConfigProto()",
        "from tensorflow.python.util.tf_export import tf_export\n"
        "@tf_export('a', v1=['b'])\ndef f(): return 1\nassert f() == 1",
        "from tensorflow.python.util import deprecation\n"
        "@deprecation.deprecated(None, 'x')\ndef f(): return 1\nassert f() == 1",
        "from tensorflow.python.util import nest\n"
        "assert nest.flatten([1, (2, 3)]) == [1, 2, 3] and nest.is_sequence([1])",
        "from tensorflow.python.platform import gfile, tf_logging, flags; gfile.FastGFile",
        "from tensorflow.python.client import session; import tensorflow as tf\n"
        "assert session.Session is tf.Session",
        "from tensorflow.python.ops import gen_math_ops; import tensorflow as tf\n"
        "assert gen_math_ops.add(tf.constant(1), 2, name='s').op.type == 'Add'",
        "from tensorflow.python.ops import rnn_cell_impl as r; import tensorflow as tf\n"
        "assert r.LSTMCell is tf.nn.rnn_cell.LSTMCell is tf.contrib.rnn.LSTMCell\n"
        "assert r._concat(2, 3, static=True) == [2, 3] and r._BIAS_VARIABLE_NAME == 'bias'\n"
        "assert issubclass(r.LSTMCell, r.LayerRNNCell)",
        "from tensorflow.python.ops.rnn import dynamic_rnn, _transpose_batch_time\n"
        "import tensorflow as tf; assert dynamic_rnn is tf.nn.dynamic_rnn\n"
        "assert _transpose_batch_time(tf.zeros([2, 3, 4])).shape.as_list() == [3, 2, 4]",
        "from tensorflow.contrib.rnn.python.ops.core_rnn_cell import _linear, _Linear\n"
        "import tensorflow as tf\n"
        "assert _linear([tf.zeros([2, 3]), tf.zeros([2, 1])], 5, True).shape.as_list() == [2, 5]",
        "from tensorflow.contrib.rnn import LSTMBlockFusedCell, DropoutWrapper, static_rnn",
        "from tensorflow.python.layers import base, core, utils; import tensorflow as tf\n"
        "assert base.Layer is tf.layers.Layer and core.Dense is tf.layers.Dense\n"
        "assert utils.smart_cond(True, lambda: 1, lambda: 2) == 1",
        "import pickle, tensorflow as tf\n"
        "assert pickle.loads(pickle.dumps(tf.placeholder)) is tf.placeholder",
    ],
)
def test_import(code):
    """What programs import is there, and is the public object."""
    check(code)


@pytest.mark.parametrize(
    "code, error, text",
    [
        ("import tensorflow.contrib.bayesflow", "ImportError", "not implemented in headrace"),
        ("from tensorflow.contrib import bayesflow", "ImportError", "not implemented in headrace"),
        (
            "import tensorflow as tf; tf.contrib.bayesflow",
            "MissingSymbolError",
            "tf.contrib.bayesflow",
        ),
        ("import tensorflow.contrib.bogus", "ModuleNotFoundError", "tensorflow.contrib.bogus"),
        ("from tensorflow.python.ops import bogus", "ImportError", "bogus"),
        ("import tensorflow as tf; tf.placehoder", "AttributeError", "Did you mean: 'placeholder'"),
    ],
)
def test_missing_is_loud(code, error, text):
    """What is missing is named; what never existed is an ordinary error."""
    done = run(code)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.split(":")[0].endswith(error)
    assert text in last


def test_modules_of_headrace_exist():
    """Every headrace module that an inner module is answered from is there."""
    for inner, modules in deep.MODULES.items():
        for module in modules:
            assert importlib.util.find_spec(f"headrace._src.{module}"), f"{inner}: {module}"


def test_refuses_beside_a_real_tensorflow():
    """A TensorFlow that is imported already is not replaced."""
    code = (
        "import sys, types; sys.modules['tensorflow'] = types.ModuleType('tensorflow')\n"
        "import headrace.alias\n"
        "try: headrace.alias.install()\n"
        "except RuntimeError as e: print(e)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "tensorflow is already imported" in done.stdout


def test_uninstall():
    """Uninstalling takes the modules away again."""
    code = (
        "import tensorflow, sys\nheadrace.alias.uninstall()\n"
        "assert not headrace.alias.installed()\n"
        "assert not [n for n in sys.modules if n.split('.')[0] == 'tensorflow']\n"
        "import importlib.util; print(importlib.util.find_spec('tensorflow'))\n"
    )
    check(code)
