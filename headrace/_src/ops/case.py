"""tf.case: nested conditions, of which the first that holds decides."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable, Sequence
from typing import Any

from headrace._api.export import export
from headrace._src.core import dtypes, scopes
from headrace._src.core.tensor import Tensor
from headrace._src.ops import conditional, constant, debugging
from headrace._src.ops._late import late


def _at_most(predicates: Sequence[Tensor], n: int, message: str) -> Any:
    """Asserts that no more than `n` predicates hold."""
    packed = late.stack(predicates, name="preds_c")
    count = late.reduce_sum(late.cast(packed, dtypes.int32), name="num_true_conds")
    condition = late.less_equal(count, constant.constant(n, name="n_true_conds"))
    names = ", ".join(getattr(p, "name", "?") for p in predicates)
    text = f"{message}: more than {n} conditions ({names}) evaluated as True:"
    return debugging.assert_(condition, data=[text, packed], summarize=len(predicates))


def _last_as_default(
    predicates: Sequence[Tensor], actions: Sequence[Callable[[], Any]]
) -> Callable[[], Any]:
    """The last action, after checks that its predicate holds and the others do not."""
    *others, last = predicates

    def checked() -> Any:
        message = (
            f"Implementation error: selected default action #{len(others)} was called, but some "
            "of other predicates are True: "
        )
        data = (
            "Input error: None of conditions evaluated as True:",
            late.stack(predicates, name="preds_c"),
        )
        checks = [_at_most(others, 0, message), debugging.assert_(last, data=data)]
        with scopes.control_dependencies(checks):
            return actions[-1]()

    return checked


def _pairs(given: Any, python_predicates: bool) -> list[tuple[Tensor, Callable[[], Any]]]:
    if not isinstance(given, (list, tuple, dict)):
        raise TypeError("fns must be a list, tuple, or dict")
    if isinstance(given, collections.OrderedDict):
        given = list(given.items())
    elif isinstance(given, dict):
        given = sorted(given.items(), key=lambda item: item[0].name)
    for pair in given:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError("Each entry in pred_fn_pairs must be a 2-tuple")
        predicate, action = pair
        if not isinstance(predicate, Tensor):
            if not python_predicates:
                raise TypeError(f"pred must be a Tensor, got: {predicate}")
            if not isinstance(predicate, bool):
                raise TypeError(f"pred must be a Tensor or bool, got: {predicate}")
        elif predicate.dtype.base_dtype is not dtypes.bool_:
            label = getattr(predicate, "name", predicate)
            raise TypeError(f"pred must be Tensor of type bool: {label}")
        if not callable(action):
            label = getattr(predicate, "name", predicate)
            raise TypeError(f"fn for pred {label} must be callable.")
    return list(given)


@export("case", v2=())
def case(
    pred_fn_pairs: Any,
    default: Callable[[], Any] | None = None,
    exclusive: bool = False,
    strict: bool = False,
    name: str | None = "case",
) -> Any:
    """Returns what the function of the first predicate that holds gives.

    Args:
      pred_fn_pairs: list of `(scalar bool tensor, function)`, or a dict; the functions give the
        same structure and dtypes.
      default: the function for when no predicate holds; when left out, one must.
      exclusive: whether it is an error that several predicates hold.
      strict: as for `cond`.
      name: the name scope.

    Returns:
      Tensors in the structure that the functions return.

    Raises:
      TypeError: `pred_fn_pairs` is of another form.
      errors.InvalidArgumentError: (run) the number of predicates that hold is not allowed.
    """
    return choose(conditional.cond, pred_fn_pairs, default, exclusive, name, strict=strict)


def choose(
    condition: Callable[..., Any],
    pred_fn_pairs: Any,
    default: Callable[[], Any] | None,
    exclusive: bool,
    name: str | None,
    python_predicates: bool = False,
    **options: Any,
) -> Any:
    """Nests conditions, of which the first that holds decides.

    Args:
      condition: makes one of them, as `cond` does.
      pred_fn_pairs: list of `(predicate, function)`, or a dict.
      default: the function for when no predicate holds.
      exclusive: whether it is an error that several predicates hold.
      name: the name scope.
      python_predicates: whether predicates may be Python bools.
      **options: for `condition`.
    """
    pairs = _pairs(pred_fn_pairs, python_predicates)
    predicates, actions = (list(part) for part in zip(*pairs, strict=True))
    with scopes.name_scope(name, "case", [predicates]):
        chosen = default
        if chosen is None:
            chosen = _last_as_default(predicates, actions)
            predicates, actions = predicates[:-1], actions[:-1]
        for predicate, action in reversed(list(zip(predicates, actions, strict=True))):
            chosen = functools.partial(
                condition, predicate, true_fn=action, false_fn=chosen, **options
            )
        if not exclusive:
            return chosen()
        check = _at_most(predicates, 1, "Input error: exclusive=True")
        with scopes.control_dependencies([check]):
            return chosen()


__all__ = ["case"]
