"""Sums of products in index notation."""

from __future__ import annotations

import re
import string
from typing import Any

from headrace._api.export import export
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.scopes import name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops import matmul as matmul_ops
from headrace._src.ops._late import late


# -- the equation -----------------------------------------------------------------------------
def _resolve_ellipsis(labels: list[str], output: str | None, inputs: list[Tensor]) -> Any:
    """Puts letters in place of `...`; returns the labels, the output and those letters."""
    letters = ""
    unused = "".join(c for c in string.ascii_letters if c not in "".join(labels))
    for i, label in enumerate(labels):
        if "..." not in label:
            continue
        parts = label.split("...")
        if len(parts) != 2:
            raise ValueError("Unable to resolve ellipsis. Excess number found.")
        if inputs[i].dims is None:
            raise ValueError("Unable to statically infer ellipsis axes.")
        count = len(inputs[i].dims) - len("".join(parts))
        if count < 0:
            raise ValueError("Ellipses lengths do not match.")
        if len(unused) < count:
            raise ValueError("Unable to resolve ellipsis, too many distinct labels.")
        new = unused[-count:] if count > 0 else ""
        labels[i] = label.replace("...", new)
        if len(new) > len(letters):
            letters = new
    if any("." in label for label in labels):
        raise ValueError('period "." found outside of ellipsis')
    if output is not None:
        output = output.replace("...", letters)
        if "." in output:
            raise ValueError('period "." found outside of ellipsis')
    return labels, output, letters


def _parse(equation: str, inputs: list[Tensor]) -> tuple[list[str], str]:
    """The labels of each input and of the output.

    Raises:
      ValueError: the equation is malformed or does not fit the inputs.
    """
    equation = equation.replace(" ", "")
    match = re.match("^([a-zA-Z,.]+)(->[a-zA-Z.]*)?$", equation)
    if not match:
        raise ValueError(f"Indices have incorrect format: {equation}")
    labels = match.group(1).split(",")
    output = match.group(2)[2:] if match.group(2) else None
    if len(inputs) != len(labels):
        raise ValueError(
            f'Got {len(inputs)} arguments for equation "{equation}", expecting {len(labels)}'
        )
    letters = ""
    if "..." in equation:
        labels, output, letters = _resolve_ellipsis(labels, output, inputs)
    if output is None:
        joined = "".join(labels)
        once = sorted(c for c in set(joined) - set(letters) if joined.count(c) == 1)
        output = letters + "".join(once)
    return labels, output


# -- one product ------------------------------------------------------------------------------
def _transposed(tensor: Tensor, perm: list[int]) -> Tensor:
    return tensor if perm == list(range(len(perm))) else late.transpose(tensor, perm=perm)


def _reshaped(tensor: Tensor, shape: list[Any]) -> Tensor:
    new = tuple(-1 if d is None else d for d in shape)
    old = tensor.dims
    if len(new) == len(old) and all(
        not isinstance(d, Tensor) and d in (o, -1) for o, d in zip(old, new, strict=True)
    ):
        return tensor
    return late.reshape(tensor, new)


def _shape_list(tensor: Tensor) -> list[Any]:
    """The shape, with scalars of the graph for what is not known."""
    shape: list[Any] = list(tensor.dims)
    if None in shape:
        dynamic = late.shape(tensor)
        for i in [i for i, d in enumerate(shape) if d is None]:
            shape[i] = dynamic[i]
    return shape


def _size(dims: list[Any]) -> Any:
    result: Any = 1
    for d in dims:
        result *= d
    return result


def _check_rank(tensor: Tensor, label: str, word: str) -> None:
    rank = len(tensor.shape)
    if len(label) != rank:
        raise ValueError(
            f"Tensor {word} of rank {rank} does not match einsum reduction of length {len(label)}"
        )


def _multiply_pair(
    t0: Tensor, label0: str, t1: Tensor, label1: str, summed: set[str]
) -> tuple[Tensor, str]:
    """The product of two tensors, summed over `summed`, and its labels."""
    _check_rank(t0, label0, "t0")
    _check_rank(t1, label1, "t1")
    kept = (set(label0) & set(label1)) - summed
    # Kept axes come first; then a matrix product sums the last of `t0` and the first of `t1`.
    order0 = sorted(label0, key=lambda a: (-1 if a in kept else 1 if a in summed else 0, a))
    order1 = sorted(label1, key=lambda a: (-1 if a in kept else 0 if a in summed else 1, a))
    free0 = len(label0) - len(kept) - len(summed)
    free1 = len(label1) - len(kept) - len(summed)
    t0 = _transposed(t0, [label0.find(a) for a in order0])
    t1 = _transposed(t1, [label1.find(a) for a in order1])
    n = len(kept)
    if not summed:
        for _ in range(free1):
            t0 = late.expand_dims(t0, -1)
        for _ in range(free0):
            t1 = late.expand_dims(t1, n)
        return late.multiply(t0, t1), "".join(order0 + order1[n:])
    shape0 = _shape_list(t0)
    free_size0 = _size(shape0[n : -len(summed)])
    sum_size = _size(shape0[-len(summed) :])
    t0 = _reshaped(t0, [*shape0[:n], free_size0, sum_size])
    shape1 = _shape_list(t1)
    free_size1 = _size(shape1[n + len(summed) :])
    t1 = _reshaped(t1, [*shape1[:n], sum_size, free_size1])
    product = matmul_ops.matmul(t0, t1)
    product = _reshaped(product, shape0[: n + free0] + shape1[len(shape1) - free1 :])
    return product, "".join(order0[: n + free0] + order1[len(order1) - free1 :])


# -- the fallback -----------------------------------------------------------------------------
def _multiply_all(equation: str, inputs: list[Tensor]) -> Tensor:
    """Multiplies everything out: for indices summed over more than two inputs."""
    labels, output = _parse(equation, inputs)
    every = set("".join(labels) + output)
    order = {a: i for i, a in enumerate([a for a in sorted(every) if a not in output] + [*output])}
    ordered: list[Any] = list(labels)
    tensors = list(inputs)
    for i, (tensor, label) in enumerate(zip(inputs, labels, strict=True)):
        rank = tensor.shape.ndims
        if rank != len(label):
            raise ValueError(
                f"Input {i} with axes {label} has incorrect number of dimensions (expected "
                f"{len(label)}, got {rank})"
            )
        wanted = sorted(label, key=order.__getitem__)
        if list(label) != wanted:
            tensors[i] = late.transpose(tensor, [label.find(a) for a in wanted])
            ordered[i] = wanted
    shapes = [[d if d else -1 for d in t.dims] for t in tensors]
    summed = []
    for j, a in enumerate(sorted(every, key=order.__getitem__)):
        sizes = set()
        for i, label in enumerate(ordered):
            if a not in label:
                shapes[i].insert(j, 1)
            elif shapes[i][j] > 1:
                sizes.add(shapes[i][j])
        if len(sizes) > 1:
            raise ValueError(f"Dimension mismatch on axis: {a}")
        if a not in output:
            summed.append(j)
    expanded = [late.reshape(t, s) for t, s in zip(tensors, shapes, strict=True)]
    result: Any = 1
    for tensor in expanded:
        result *= tensor
    return late.reduce_sum(result, summed)


@export("einsum", "linalg.einsum")
def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Tensor:
    """Sum products of tensors in index notation, such as `"ij,jk->ik"`.

    Args:
      equation: The labels of each input's dimensions and, after `->`, those of the result.
      *inputs: Tensors of one number type.
      **kwargs: `name`, a name scope.

    Returns:
      A tensor of the same dtype.

    Raises:
      TypeError: (build) another keyword.
      ValueError: (build) a malformed equation, or one that does not fit the inputs.
    """
    name = kwargs.pop("name", None)
    if kwargs:
        raise TypeError(
            "invalid keyword arguments for this function: " + ", ".join(sorted(map(str, kwargs)))
        )
    with name_scope(name, "einsum", [equation, inputs]):
        tensors = [t if isinstance(t, Tensor) else convert_to_tensor(t) for t in inputs]
        labels, output = _parse(equation, tensors)
        every = sorted(set("".join(labels) + output))
        for label in labels:
            for a in every:
                if (
                    len(labels) == 1
                    and label.count(a) == 2
                    and label == label[::-1]
                    and "->" not in equation
                ):
                    return late.trace(tensors[0])
                if label.count(a) > 1:
                    raise ValueError(
                        f"Subscript not supported: an axis appears more than once: {label}"
                    )
        if any(sum(a in label for label in labels) > 2 and a not in output for a in every):
            return _multiply_all(equation, tensors)
        return _contract(equation, tensors, labels, output)


def _contract(equation: str, tensors: list[Tensor], labels: list[str], output: str) -> Tensor:
    result, label = tensors[0], labels[0]
    for tensor, other in zip(tensors[1:], labels[1:], strict=True):
        summed = set(label) & set(other) - set(output)
        result, label = _multiply_pair(result, label, tensor, other, summed)
    if set(label) - set(output):
        result = late.reduce_sum(result, axis=[i for i, a in enumerate(label) if a not in output])
        label = "".join(a for a in label if a in output)
    if sorted(label) != sorted(output):
        raise ValueError(f"Invalid equation: {equation}")
    return _transposed(result, [label.index(a) for a in output])
