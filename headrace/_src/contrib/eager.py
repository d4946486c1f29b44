"""tf.contrib.eager: the names under which eager execution was first offered."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from headrace._api.export import export
from headrace._src.autodiff.tape import GradientTape
from headrace._src.core import convert
from headrace._src.core import graph as graph_lib
from headrace._src.core.scopes import device
from headrace._src.train.saver import Saver as GraphSaver


@export("contrib.eager.executing_eagerly", "contrib.eager.in_eager_mode", v2=())
def executing_eagerly() -> bool:
    """Return whether operations are executed as they are called."""
    return graph_lib.get_default_graph().executes


@export("contrib.eager.num_gpus", v2=())
def num_gpus() -> int:
    """Return the number of GPUs that eager operations are placed on: none."""
    return 0


def _positions(f: Callable[..., Any], params: Sequence[Any] | None, n: int) -> list[int]:
    """The positions of the arguments to differentiate by."""
    if params is None:
        return list(range(n))
    names = list(inspect.signature(f).parameters)
    return [names.index(p) if isinstance(p, str) else p for p in params]


@export("contrib.eager.value_and_gradients_function", v2=())
def value_and_gradients_function(
    f: Callable[..., Any], params: Sequence[Any] | None = None
) -> Callable[..., Any]:
    """Returns a function that gives the value of `f` and its gradients.

    Args:
      f: takes tensors and returns a tensor.
      params: names or positions of the arguments to differentiate by; all when left out.

    Returns:
      A function with the arguments of f, and `dy`, the gradient of its result.
    """

    def decorated(*args: Any, **kwargs: Any) -> Any:
        dy = kwargs.pop("dy", None)
        if kwargs:
            raise ValueError("Functions to be differentiated cannot receive keyword arguments.")
        values = [convert.convert_to_tensor(x) for x in args]
        wanted = [values[i] for i in _positions(f, params, len(values))]
        with GradientTape() as tape:
            tape.watch(wanted)
            result = f(*values)
        if result is None:
            raise ValueError(
                f"Cannot differentiate a function that returns None; did you forget to return a "
                f"value from {getattr(f, '__name__', f)}?"
            )
        return result, tape.gradient(result, wanted, None if dy is None else dy)

    return decorated


@export("contrib.eager.gradients_function", v2=())
def gradients_function(
    f: Callable[..., Any], params: Sequence[Any] | None = None
) -> Callable[..., Any]:
    """Returns a function that gives the gradients of `f`; see `value_and_gradients_function`."""
    both = value_and_gradients_function(f, params)
    return lambda *args, **kwargs: both(*args, **kwargs)[1]


@export("contrib.eager.implicit_value_and_gradients", v2=())
def implicit_value_and_gradients(f: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function that gives the value of `f` and its gradients by the variables it reads.

    Args:
      f: returns a tensor.

    Returns:
      A function with the arguments of f that returns the value and a list of pairs of a gradient
      and its variable.
    """

    def decorated(*args: Any, **kwargs: Any) -> Any:
        with GradientTape() as tape:
            result = f(*args, **kwargs)
        if result is None:
            raise ValueError(
                f"Cannot differentiate a function that returns None; did you forget to return a "
                f"value from {getattr(f, '__name__', f)}?"
            )
        used = sorted(tape.watched_variables(), key=lambda v: v.handle._id)
        if not used:
            raise ValueError(
                "No trainable variables were accessed while the function was being computed."
            )
        grads = tape.gradient(result, list(used))
        return result, list(zip(grads, used, strict=True))

    return decorated


@export("contrib.eager.implicit_gradients", v2=())
def implicit_gradients(f: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function that gives the gradients; see `implicit_value_and_gradients`."""
    both = implicit_value_and_gradients(f)
    return lambda *args, **kwargs: both(*args, **kwargs)[1]


@export("contrib.eager.Saver", v2=())
class Saver:
    """Save variables by their names, in eager mode.

    Args:
      var_list: the variables, or objects that have some.

    Raises:
      RuntimeError: execution is not eager.
    """

    def __init__(self, var_list: Any) -> None:
        if not graph_lib.get_default_graph().executes:
            raise RuntimeError(
                "tfe.Saver can only be used when eager execution is enabled. Use tf.train.Saver "
                "when building graphs."
            )
        self._saver = GraphSaver(var_list=var_list)

    def save(self, file_prefix: str, global_step: Any = None) -> Any:
        """Save.

        Args:
          file_prefix: beginning of the name.
          global_step: appended to the name.

        Returns:
          The name of the checkpoint.
        """
        with device("/device:CPU:0"):
            return self._saver.save(
                None, file_prefix, write_meta_graph=False, global_step=global_step
            )

    def restore(self, file_prefix: str) -> None:
        """Restore.

        Args:
          file_prefix: what `save` returned.
        """
        with device("/device:CPU:0"):
            self._saver.restore(None, file_prefix)


@export("contrib.eager.get_optimizer_variables", v2=())
def get_optimizer_variables(optimizer: Any) -> list[Any]:
    """Return the variables of an optimizer; see `tf.train.Optimizer.variables`."""
    return optimizer.variables()  # type: ignore[no-any-return]
