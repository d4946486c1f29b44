"""What TensorFlow's inner modules (`tensorflow.python.ops.array_ops`, ...) hold.

In order: public symbols by `modules.tsv` (recorded from TensorFlow 1.15), the public namespace a
module
stands for, headrace modules that keep the same things, replacements of small utilities, ops by
their generated function names, and modules below.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
from typing import Any

from headrace._api import namespace

_SRC = "headrace._src."
_PYTHON = "tensorflow.python"
_CONTRIB = "tensorflow.contrib"
_CORE = "tensorflow.core"

# Modules that are a public namespace under another name.
SPACES = {
    "platform.flags": "flags",
    "platform.tf_logging": "logging",
    "platform.app": "app",
    "platform.gfile": "gfile",
    "platform.test": "test",
    "platform.resource_loader": "resource_loader",
    "framework.dtypes": "dtypes",
    "framework.errors": "errors",
    "framework.errors_impl": "errors",
    "util.nest": "nest",
    "util.compat": "compat",
    "data.util.nest": "nest",
    "ops.nn": "nn",
    "ops.standard_ops": "",
    "ops.rnn_cell": "nn.rnn_cell",
    "ops.rnn_cell_impl": "nn.rnn_cell",
    "ops.losses.losses": "losses",
    "ops.linalg_ops": "linalg",
    "ops.metrics": "metrics",
    "training.training": "train",
    "layers.layers": "layers",
    "summary.summary": "summary",
    "saved_model.tag_constants": "saved_model.tag_constants",
    "saved_model.signature_constants": "saved_model.signature_constants",
    "estimator.estimator_lib": "estimator",
    "estimator.model_fn": "estimator",
    "feature_column.feature_column_lib": "feature_column",
    "pywrap_tensorflow": "train",
    "keras": "keras",
}

# Modules whose remaining names live in modules of headrace.
MODULES = {
    "framework.ops": (
        "core.graph",
        "core.operation",
        "core.tensor",
        "core.scopes",
        "core.convert",
        "core.graphkeys",
        "core.indexed_slices",
        "core.default_session",
        "core.proto_functions",
        "autodiff.registry",
        "engine.session",
    ),
    "framework.meta_graph": ("train.meta_graph", "train.meta_graph_import"),
    "ops.io_ops": (),
    "framework.dtypes": ("core.dtypes",),
    "framework.tensor_shape": ("core.shape",),
    "framework.tensor_util": ("core.constant_value", "core.tensor_proto", "ops.tensor_proto"),
    "framework.constant_op": ("ops.constant",),
    "framework.errors_impl": ("core.errors",),
    "framework.errors": ("core.errors",),
    "framework.random_seed": ("core.random_seed",),
    "framework.sparse_tensor": ("core.sparse_tensor",),
    "framework.device": ("core.device",),
    "framework.test_util": ("alias.replacements.test_util", "platform.test_case", "platform.test"),
    "eager.context": ("alias.replacements.context",),
    "tf2": ("alias.replacements.context",),
    "client.session": ("engine.session",),
    "client.timeline": ("engine.timeline",),
    "client.device_lib": ("platform.device_lib",),
    "lib.io.file_io": ("platform.gfile",),
    "platform.gfile": ("platform.gfile",),
    "framework.smart_cond": ("ops.smart_cond",),
    "framework.function": ("function.defun",),
    "ops.functional_ops": ("function.functional_ops",),
    "ops.list_ops": ("ops.tensor_list", "ops.tensor_list_stack", "ops.tensor_list_concat"),
    "ops.tensor_array_ops": ("ops.tensor_array",),
    "ops.control_flow_ops": ("ops.grouping", "ops.conditional"),
    "ops.array_ops": ("ops.identity", "ops.shapes", "ops.reshape"),
    "ops.variables": (
        "state.variable",
        "state.ref_variable",
        "state.partitioned_variable",
        "state.collections",
    ),
    "ops.variable_scope": ("state.variable_scope", "state.variable_store"),
    "ops.rnn": ("alias.replacements.rnn_internals",),
    "ops.rnn_cell_impl": ("alias.replacements.rnn_internals",),
    "ops.weights_broadcast_ops": ("ops.weights_broadcast",),
    "tensorflow.contrib.rnn.python.ops.core_rnn_cell": ("alias.replacements.rnn_internals",),
    "tensorflow.contrib.rnn.python.ops.rnn_cell": ("alias.replacements.rnn_internals",),
    "tensorflow.contrib.layers.python.layers.utils": (
        "contrib.layers_utils",
        "contrib.layers_shared",
    ),
    "tensorflow.contrib.training.python.training.hparam_pb2": ("proto.messages",),
    "tensorflow.contrib.slim.python.slim.model_analyzer": ("contrib.model_analyzer",),
    "ops.metrics_impl": ("metrics.variables",),
    "layers.utils": ("layers.conditions",),
    "ops.state_ops": ("state.assign", "ops.variable_ops", "ops.variable_scatter"),
    "ops.init_ops": ("state.initializers", "state.orthogonal_initializers"),
    "ops.resource_variable_ops": ("state.resource_variable", "ops.variable_ops"),
    "training.moving_averages": ("train.moving_averages",),
    "training.training_util": ("state.global_step", "proto.graph_io"),
    "training.basic_session_run_hooks": (
        "train.logging_hooks",
        "train.step_hooks",
        "train.saving_hooks",
        "train.feed_hooks",
        "train.hook_timer",
    ),
    "training.session_run_hook": ("train.session_run_hook",),
    "training.monitored_session": (
        "train.monitored_session",
        "train.wrapped_session",
        "train.session_creator",
    ),
    "training.session_manager": ("train.session_manager",),
    "training.supervisor": ("train.supervisor", "train.supervisor_threads"),
    "training.optimizer": ("train.optimizer",),
    "training.slot_creator": ("train.slot_creator",),
    "training.saver": (
        "train.saver",
        "train.saver_builder",
        "train.meta_graph",
        "train.meta_graph_import",
        "train.checkpoint_state",
        "train.object_names",
    ),
    "training.saving.saveable_object": ("train.saveable",),
    "training.saving.saveable_object_util": ("train.saveable",),
    "training.checkpoint_management": ("train.checkpoint_state",),
    "training.checkpoint_utils": ("train.checkpoint_utils",),
    "training.checkpoint_state_pb2": ("proto.messages",),
    "training.warm_starting_util": ("train.warm_starting",),
    "pywrap_tensorflow": ("checkpoint.reader",),
    "training.training_ops": (),
    "training.gen_training_ops": (),
    "tools.freeze_graph": ("alias.replacements.freeze_graph",),
    "tools.inspect_checkpoint": ("alias.replacements.inspect_checkpoint",),
    "tools.strip_unused_lib": ("alias.replacements.strip_unused",),
    "util.nest": ("core.nest",),
    "util.tf_inspect": ("alias.replacements.tf_inspect",),
    "util.tf_export": ("alias.replacements.decorators",),
    "util.tf_decorator": ("alias.replacements.decorators",),
    "util.tf_contextlib": ("alias.replacements.decorators",),
    "util.tf_should_use": ("alias.replacements.decorators",),
    "util.deprecation": ("alias.replacements.decorators",),
    "util.function_utils": ("alias.replacements.tf_inspect",),
    "util.all_util": ("alias.replacements.decorators",),
    "util.compat": ("platform.text",),
}

# Old names of public symbols.
RENAMED = {
    "util.nest.is_sequence": "nest.is_nested",
    "data.util.nest.is_sequence": "nest.is_nested",
    "ops.constant_op.constant": "constant",
    "framework.tensor_util.MakeNdarray": "make_ndarray",
}


@functools.cache
def recorded() -> dict[str, dict[str, str]]:
    """Return {module: {attribute: public name}}; names of compat.v2 start with `v2:`."""
    out = {}
    with open(os.path.join(os.path.dirname(__file__), "modules.tsv"), encoding="utf-8") as file:
        for line in file:
            module, tokens = line.rstrip("\n").split("\t")
            found = {}
            for token in tokens.split(" "):
                attr, _, public = token.rpartition("=")
                found[attr or public.removeprefix("v2:").rpartition(".")[2]] = public
            out[module] = found
    return out


@functools.cache
def _packages() -> frozenset[str]:
    """Every module name below `tensorflow` that is known, with its parents."""
    inner = [
        name if name.startswith("tensorflow.") else f"{_PYTHON}.{name}"
        for name in (*SPACES, *MODULES)
    ]
    out = set()
    for name in [*recorded(), *inner, _CORE, f"{_PYTHON}.ops.gen_math_ops"]:
        parts = name.split(".")
        out |= {".".join(parts[:n]) for n in range(2, len(parts) + 1)}
    return frozenset(out)


def is_module(name: str) -> bool:
    """Return whether TensorFlow 1.15 has an inner module of this name that can be answered."""
    if name.startswith(_CORE + "."):
        leaf = name.rpartition(".")[2]
        return leaf.endswith("_pb2") or leaf in (
            "framework",
            "protobuf",
            "util",
            "example",
            "profiler",
        )
    if name.startswith(f"{_PYTHON}.ops.gen_"):
        return True
    if name.startswith(f"{_PYTHON}.keras."):
        return name[len(_PYTHON) + 1 :] in namespace.tables()["1"]
    return name in _packages()


def names(module: str) -> list[str]:
    """Names a module is known to hold."""
    below = {n[len(module) + 1 :] for n in _packages() if n.startswith(module + ".")}
    return sorted({*recorded().get(module, ()), *(n for n in below if "." not in n)})


def find(module: str, name: str) -> Any:
    """Find an attribute of an inner module.

    Raises:
      MissingSymbolError: Nothing in headrace stands for it.
    """
    value = _symbol(module, name)
    if value is not None:
        return value
    below = _below(module, name)
    if below is not None:
        return sys.modules.get(below) or importlib.import_module(below)
    raise namespace.MissingSymbolError(f"{module}.{name} is not implemented in headrace")


def has(module: str, name: str) -> bool:
    """Return whether `find` would find the attribute; the alias need not be installed."""
    return _symbol(module, name) is not None or _below(module, name) is not None


def _symbol(module: str, name: str) -> Any:
    for source in (_recorded, _space, _modules, _generated, _proto):
        value = source(module, name)
        if value is not None:
            return value
    return None


def _recorded(module: str, name: str) -> Any:
    public = recorded().get(module, {}).get(name)
    if public is None:
        public = RENAMED.get(f"{module.removeprefix(_PYTHON + '.')}.{name}")
    if public is None:
        return None
    if public.startswith("v2:"):
        found = _public("2", public[3:])
        return _public("1", public[3:]) if found is None else found
    return _public("1", public)


def _public(version: str, public: str) -> Any:
    space, _, symbol = public.rpartition(".")
    target = namespace.tables()[version].get(space, {}).get(symbol)
    return None if target is None else namespace.resolve(target)


def _space(module: str, name: str) -> Any:
    inner = module.removeprefix(_PYTHON + ".")
    space = inner if inner.startswith("keras.") else SPACES.get(inner)
    return None if space is None else _public("1", f"{space}.{name}" if space else name)


def _modules(module: str, name: str) -> Any:
    for candidate in MODULES.get(module.removeprefix(_PYTHON + "."), ()):
        full = _SRC + candidate
        if _exists(full):
            value = getattr(importlib.import_module(full), name, None)
            if value is not None:
                return value
    return None


@functools.cache
def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _generated(module: str, name: str) -> Any:
    leaf = module.rpartition(".")[2]
    if not leaf.startswith("gen_") and leaf not in ("training_ops", "io_ops"):
        return None
    from headrace._src.alias.replacements import raw_ops

    return raw_ops.function(name)


def _proto(module: str, name: str) -> Any:
    if not module.startswith(_CORE) or not module.endswith("_pb2"):
        return None
    from headrace._src.proto import messages

    return getattr(messages, name, None)


def _below(module: str, name: str) -> str | None:
    """The module that an attribute is, if it is one."""
    full = f"{module}.{name}"
    if is_module(full):
        return full
    if not module.startswith((_PYTHON + ".", _CONTRIB + ".")):
        return None
    # Modules see what they import: `rnn_cell.math_ops` is `tensorflow.python.ops.math_ops`.
    seen = (f"{_PYTHON}.{part}.{name}" for part in ("ops", "framework"))
    return next((candidate for candidate in seen if is_module(candidate)), None)
