"""Functions of `tf.test`: running tests, and what the machine has."""

from __future__ import annotations

import os
import sys
import unittest.mock
from typing import Any

from headrace._api.export import export, export_value
from headrace._src.engine import backend

mock = export_value(unittest.mock, "test.mock", v2=())


@export("test.main")
def main(argv: Any = None) -> None:
    """Run the test cases of the script and exit.

    Args:
      argv: The command line; `sys.argv` when None.
    """
    from absl.testing import absltest

    absltest.main(argv=argv)


@export("test.get_temp_dir", v2=())
def get_temp_dir() -> str:
    """Return a directory for the files of tests."""
    from absl.testing import absltest

    path: str = absltest.get_default_test_tmpdir()
    os.makedirs(path, exist_ok=True)
    return path


@export("test.test_src_dir_path", v2=())
def test_src_dir_path(relative_path: str) -> str:
    """Return the path of a file given relative to the directory of the test's sources."""
    root = os.environ.get("TEST_SRCDIR", os.path.dirname(os.path.abspath(sys.argv[0])))
    return os.path.join(root, relative_path)


@export("test.is_built_with_cuda")
def is_built_with_cuda() -> bool:
    """Return whether computations may run on NVIDIA GPUs."""
    return bool(gpu_device_name())


@export("test.is_built_with_rocm")
def is_built_with_rocm() -> bool:
    """Return False: AMD GPUs are not used."""
    return False


@export("test.is_built_with_gpu_support")
def is_built_with_gpu_support() -> bool:
    """Return whether computations may run on GPUs."""
    return is_built_with_cuda()


@export("test.is_gpu_available")
def is_gpu_available(
    cuda_only: bool = False, min_cuda_compute_capability: tuple[int, int] | None = None
) -> bool:
    """Return whether there is a GPU.

    Args:
      cuda_only: Accepted for programs that pass it; only NVIDIA GPUs are used.
      min_cuda_compute_capability: The least (major, minor) capability that counts.
    """
    for device in backend.accelerators():
        if device.platform != "gpu":
            continue
        capability = str(getattr(device, "compute_capability", "0.0"))
        version = tuple(int(part) for part in capability.split("."))
        if min_cuda_compute_capability is None or version >= tuple(min_cuda_compute_capability):
            return True
    return False


@export("test.gpu_device_name")
def gpu_device_name() -> str:
    """Return `/device:GPU:0` where there is a GPU, or an empty string."""
    return "/device:GPU:0" if is_gpu_available() else ""


@export("test.assert_equal_graph_def", v2=())
def assert_equal_graph_def(
    actual: Any, expected: Any, checkpoint_v2: bool = False, hash_table_shared_name: bool = False
) -> None:
    """Assert that two GraphDefs have the same nodes; their order does not matter.

    Args:
      actual: The GraphDef to check.
      expected: The GraphDef wanted.
      checkpoint_v2: Whether save and restore nodes are ignored.
      hash_table_shared_name: Whether the shared names of tables are ignored.

    Raises:
      AssertionError: A node is missing, is too many or differs.
    """
    skipped = ("Save", "Restore", "MergeV2", "ShardedFilename") if checkpoint_v2 else ()
    ours = _nodes(actual, skipped, hash_table_shared_name)
    wanted = _nodes(expected, skipped, hash_table_shared_name)
    if ours.keys() != wanted.keys():
        raise AssertionError(
            f"missing nodes {sorted(wanted.keys() - ours.keys())}, "
            f"extra nodes {sorted(ours.keys() - wanted.keys())}"
        )
    for name, node in wanted.items():
        if ours[name] != node:
            raise AssertionError(f"node {name} differs: expected {node}, got {ours[name]}")


def _nodes(graph_def: Any, skipped: tuple[str, ...], drop_shared_name: bool) -> dict[str, Any]:
    out = {}
    for node in graph_def.node:
        if node.op.startswith(skipped) and skipped:
            continue
        copy = type(node)()
        copy.CopyFrom(node)
        if drop_shared_name and node.op.startswith("HashTable"):
            copy.attr.pop("shared_name", None)
        out[node.name] = copy
    return out
