"""Functions with gradients of their own: tf.custom_gradient and what is built on it."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable, Iterable
from typing import Any, Final

from headrace._api.export import export
from headrace._src.autodiff import registry, tape
from headrace._src.autodiff.gradients import gradients
from headrace._src.core import convert, eager_mode, nest, scopes
from headrace._src.core.graph import Graph, get_collection, get_default_graph
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.core.operation import Operation
from headrace._src.core.tensor import Tensor
from headrace._src.core.uids import next_uid
from headrace._src.ops import identity

_LOG = logging.getLogger("headrace")
_VARIABLE_NODES: Final = ("VariableV2", "VarHandleOp")


@export("custom_gradient")
def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a function a gradient of its own.

    Args:
      f: takes tensors, returns `(result, grad_fn)`: a nest of tensors, and a function from one
        gradient for each of them to one
        gradient for each argument. When f reads resource variables, `grad_fn` takes the keyword
        argument `variables`, a list, and
        returns a pair: gradients for the arguments, and a list of gradients for the variables.

    Returns:
      A function with the arguments of f that returns the result alone. It takes no keyword
      arguments, and raises TypeError when f
      uses variables in another way.
    """

    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        if get_default_graph().executes:
            return _executed(f, args, kwargs)
        if kwargs:
            raise ValueError(
                "The custom_gradient decorator currently supports keywords arguments only when "
                "eager execution is enabled."
            )
        return _build(f, args)

    return decorated


def _executed(f: Callable[..., Any], given: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result in eager execution: tapes see one operation with the program's own gradient."""
    args = [convert.convert_to_tensor(x) for x in given]
    listener = tape.GradientTape()
    with eager_mode.without_recorders(), listener:
        result, grad_fn = f(*args, **kwargs)
    used = [v for v in listener.watched_variables() if not any(v is a for a in given)]
    _check_grad_fn(grad_fn, bool(used))
    results = [convert.convert_to_tensor(t) for t in nest.flatten(result)]
    with eager_mode.without_recorders():
        copies = [identity.identity(t) for t in results]
    node = Operation(
        get_default_graph(),
        identity.IdentityN,
        "CustomGradient",
        [*args, *(v.handle for v in used)],
        (),
        {},
    )
    node.outputs = copies

    def rule(op: Operation, *dys: Any) -> list[Any]:
        if not used:
            return nest.flatten(grad_fn(*dys))
        of_args, of_used = grad_fn(*dys, variables=used)
        return [*nest.flatten(of_args), *of_used]

    for listening in eager_mode.recorders():
        listening.record(node, rule)
    return nest.pack_sequence_as(result, copies)


def _build(f: Callable[..., Any], given: tuple[Any, ...]) -> Any:
    name = f"CustomGradient-{next_uid()}"
    args = [convert.convert_to_tensor(x) for x in given]
    graph = get_default_graph()
    known, first_new = set(_variables_in_scope()), len(graph.get_operations())
    result, grad_fn = f(*args)
    for v in _variables_in_scope():
        if v not in known and not getattr(v, "_is_resource_variable", False):
            raise TypeError(
                "All variables used by a function wrapped with @custom_gradient must be "
                "`ResourceVariable`s. Ensure that no `variable_scope` is created with "
                "`use_resource=False`."
            )
    used = _used_variables(graph, first_new, args, result)
    _check_grad_fn(grad_fn, bool(used))
    results = nest.flatten(result)
    tensors = [*results, *args, *used]

    @registry.RegisterGradient(name)
    def _grad_custom(op: Operation, *dys: Any) -> list[Any]:
        dys = dys[: len(results)]
        of_used: list[Any] = []
        if used:
            of_args, of_used = grad_fn(*dys, variables=used)
            if len(of_used) != len(used):
                raise ValueError(
                    "Must return gradient for each variable from @custom_gradient grad_fn."
                )
        else:
            of_args = grad_fn(*dys)
        return [None] * len(results) + nest.flatten(of_args) + list(of_used)

    with graph.gradient_override_map({"IdentityN": name}):
        outputs = identity.identity_n(tensors)
    for t, out in zip(tensors, outputs, strict=True):
        original = convert.convert_to_tensor(t)
        if original.handle_data is not None:
            out.handle_data = original.handle_data
    return nest.pack_sequence_as(result, outputs[: len(results)])


def _variables_in_scope() -> list[Any]:
    from headrace._src.state import variable_scope

    scope = variable_scope.get_variable_scope()
    return list(scope.global_variables()) + list(scope.local_variables())


def _used_variables(graph: Graph, first_new: int, args: list[Tensor], result: Any) -> list[Any]:
    """The trainable variables that were read while `result` was made, or that it depends on."""
    made = graph.get_operations()[first_new:]
    read = {t.op for op in made for t in op.inputs if t.op.type == "VarHandleOp"}
    copies = [identity.Identity(t).op for t in nest.flatten(result)]
    read.update(_behind(copies, args))
    return [v for v in get_collection(GraphKeys.GLOBAL_VARIABLES) if v.trainable and v.op in read]


def _behind(ops: Iterable[Operation], stops: list[Tensor]) -> set[Operation]:
    """The nodes of variables from which gradients flow to `ops` without passing `stops`."""
    ends = set(stops)
    seen = set(ops)
    stack = list(seen)
    while stack:
        op = stack.pop()
        for t in op.inputs if _has_gradient(op) else ():
            if t not in ends and t.op not in seen:
                seen.add(t.op)
                stack.append(t.op)
    return {op for op in seen if op.type in _VARIABLE_NODES}


def _has_gradient(op: Operation) -> bool:
    try:
        return registry.gradient_function(op) is not None
    except LookupError:
        return False


def _check_grad_fn(grad_fn: Callable[..., Any], uses_variables: bool) -> None:
    from headrace._src.state import variable_scope

    spec = inspect.getfullargspec(grad_fn)
    takes_variables = "variables" in [*spec.args, *spec.kwonlyargs] or bool(spec.varkw)
    if uses_variables and not takes_variables:
        raise TypeError(
            "If using @custom_gradient with a function that uses variables, then grad_fn must "
            "accept a keyword argument 'variables'."
        )
    if takes_variables and not uses_variables:
        resources = get_default_graph().executes or variable_scope.get_variable_scope().use_resource
        if not resources:
            raise TypeError(
                "If using @custom_gradient with a function that uses variables, the enclosing "
                "variable scope must have use_resource=True."
            )
        _LOG.warning("the gradient of a custom_gradient takes variables, but none are used")


@export("grad_pass_through")
def grad_pass_through(f: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a function count as the identity when gradients are taken.

    Args:
      f: takes tensors and returns as many. The variable scope around a call must have
        `use_resource=True`.

    Returns:
      A function with the arguments and results of f.
    """

    @custom_gradient
    def _pass_through(*args: Any) -> Any:
        def grad(*dys: Any, **kwargs: Any) -> Any:
            variables = kwargs.get("variables")
            return dys if variables is None else (dys, [None] * len(variables))

        return f(*args), grad

    return functools.wraps(f)(_pass_through)


@export("recompute_grad")
def recompute_grad(f: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a function whose inner values are computed again for its gradient, rather than kept.

    The gradient is that of `tf.gradients` through a second copy of f, made after the gradient of
    its result.

    Args:
      f: takes tensors and returns a tensor. The variable scope around a call must have
        `use_resource=True`.

    Returns:
      A function with the arguments and result of f.
    """

    @custom_gradient
    def _recomputed(*args: Any) -> Any:
        def grad(dy: Any, variables: Any = None) -> Any:
            with scopes.control_dependencies([dy]):
                again = f(*args)
            used = list(variables or ())
            found = gradients(again, [*args, *used], grad_ys=[dy])
            of_args = found[: len(args)]
            return of_args if variables is None else (of_args, found[len(args) :])

        return f(*args), grad

    return functools.wraps(f)(_recomputed)
