"""compat.v2: control flow, scopes and gradients whose arguments differ from version 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headrace._api.export import export
from headrace._src.autodiff import gradients as autodiff
from headrace._src.autodiff import hessians as second
from headrace._src.core import scopes
from headrace._src.core.tensor import Tensor
from headrace._src.function import autograph
from headrace._src.ops import case as cases
from headrace._src.ops import conditional, while_loop


@export(v2=("cond",))
def cond_v2(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    name: str | None = None,
) -> Any:
    """Returns what one of two functions returns, in its structure; see `tf.cond`.

    Args:
      pred: a scalar bool tensor.
      true_fn: makes the result when `pred` is true.
      false_fn: makes the result otherwise.
      name: the name of the node.
    """
    return conditional.cond(pred, true_fn, false_fn, strict=True, name=name)


@export(v2=("case",))
def case_v2(
    pred_fn_pairs: Any,
    default: Callable[[], Any] | None = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str | None = "case",
) -> Any:
    """Returns what the function of the first predicate that holds gives; see `tf.case`."""
    return cases.case(pred_fn_pairs, default, exclusive, strict, name)


@export(v2=("while_loop",))
def while_loop_v2(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    maximum_iterations: Any = None,
    name: str | None = None,
) -> Any:
    """Repeats `body` while `cond` holds; the result has the structure of `loop_vars`.

    See `tf.while_loop` for the arguments.
    """
    return while_loop.while_loop(
        cond,
        body,
        loop_vars,
        shape_invariants,
        parallel_iterations,
        back_prop,
        swap_memory,
        name,
        maximum_iterations,
        return_same_structure=True,
    )


@export(v2=("device",))
def device_v2(device_name: Any) -> Any:
    """Returns a context manager that requests a device for the operations made inside it.

    Args:
      device_name: a device string such as `/gpu:0`, or None to drop the requests around.

    Raises:
      RuntimeError: it is a function.
    """
    if callable(device_name):
        raise RuntimeError("tf.device does not support functions.")
    return scopes.device(device_name)


@export(v2=("name_scope",))
class NameScope:
    """A context manager that names the operations made inside it.

    Args:
      name: the name.

    Raises:
      ValueError: it is no string.
    """

    def __init__(self, name: str) -> None:
        if name is None or not isinstance(name, str):
            raise ValueError("name for name_scope must be a string.")
        self._name = name
        self._entered: list[scopes.name_scope] = []

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    def __enter__(self) -> str:
        scope = scopes.name_scope(self._name)
        self._entered.append(scope)
        return scope.__enter__()

    def __exit__(self, kind: Any, e: Any, tb: Any) -> None:
        self._entered.pop().__exit__(kind, e, tb)


# -- gradients -------------------------------------------------------------------------------------


@export(v2=("gradients",))
def gradients_v2(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str = "gradients",
    gate_gradients: bool = False,
    aggregation_method: Any = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = autodiff.UnconnectedGradients.NONE,
) -> list[Any]:
    """Adds the nodes that compute `sum(dy/dx for y in ys)` for each x, next to their operations.

    See `tf.gradients` for the arguments.
    """
    return autodiff.gradients(
        ys,
        xs,
        grad_ys,
        name,
        True,
        gate_gradients,
        aggregation_method,
        stop_gradients,
        unconnected_gradients,
    )


@export(v2=("hessians",))
def hessians_v2(
    ys: Any,
    xs: Any,
    gate_gradients: bool = False,
    aggregation_method: Any = None,
    name: str = "hessians",
) -> list[Tensor]:
    """Adds the nodes that compute second derivatives; see `tf.hessians`."""
    return second.hessians(ys, xs, name, True, gate_gradients, aggregation_method)


# -- AutoGraph -------------------------------------------------------------------------------------


@export(v2=("autograph.to_graph",))
def to_graph_v2(
    entity: Any, recursive: bool = True, experimental_optional_features: Any = None
) -> Any:
    """The converted form of a function or class; see `tf.autograph.to_graph`."""
    return autograph.to_graph(
        entity, recursive, experimental_optional_features=experimental_optional_features
    )


@export(v2=("autograph.to_code",))
def to_code_v2(
    entity: Any, recursive: bool = True, experimental_optional_features: Any = None
) -> str:
    """The source code of the converted form of a function; see `tf.autograph.to_code`."""
    return autograph.to_code(
        entity, recursive, experimental_optional_features=experimental_optional_features
    )
