"""StringFormat and PrintV2: values as text, and text as it passes."""

from __future__ import annotations

import logging as python_logging
import pprint
import random
import sys
from typing import Any

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import convert, dtypes, errors, nest
from headrace._src.core.opspec import op
from headrace._src.core.sparse_tensor import SparseTensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops.debugging import _escaped

# -- StringFormat ------------------------------------------------------------------------------
StringFormat = op(
    "StringFormat",
    "inputs: list:T -> output: string",
    T=A.dtypes(minimum=0),
    template=A.text(default="%s"),
    placeholder=A.text(default="%s"),
    summarize=A.integer(default=3),
    host_only=True,
)
StringFormat.no_gradient("strings have no derivative", undefined=True)


@StringFormat.shape
def _shape_string_format(s, inputs, *, template, placeholder):
    found = template.count(placeholder)
    if found != len(inputs):
        raise ValueError(
            f"num placeholders in template and num inputs must match: {found} vs. {len(inputs)}"
        )
    return ()


def _shortest(value: float, digits: int) -> str:
    """The value with `digits` significant digits, or with as many as its type may need."""
    short = f"{value:.{digits}g}"
    kind = np.float32 if digits == 6 else np.float64
    return short if kind(short) == value else f"{value:.{9 if digits == 6 else 17}g}"


def _element(value: Any) -> str:
    if isinstance(value, bytes):
        return f'"{_escaped(value)}"'
    if isinstance(value, (bool, np.bool_, np.integer, int)):
        return str(int(value))
    number = float(value)
    if not np.isfinite(number):
        return str(number)
    return _shortest(number, 15 if np.dtype(type(value)).itemsize == 8 else 6)


def _array_text(array: np.ndarray, ends: int, depth: int = 0) -> str:
    """Nested brackets, with `ends` entries at both ends of every dimension."""
    if not array.ndim:
        return _element(array[()])
    break_ = " " if array.ndim == 1 else "\n" * (array.ndim - 1) + " " * (depth + 1)
    n = len(array)
    pieces = []
    for i in range(n):
        if i < ends or i >= max(ends, n - ends):
            pieces.append(break_ * bool(i) + _array_text(array[i, ...], ends, depth + 1))
        elif i == ends:
            pieces.append(break_ + "...")
    return f"[{''.join(pieces)}]"


@StringFormat.kernel
def _kernel_string_format(k, inputs, *, template, placeholder, summarize):
    parts = template.split(placeholder)
    text = parts[0]
    for value, part in zip(inputs, parts[1:], strict=True):
        array = np.asarray(value)
        ends = array.size if summarize < 0 else min(summarize, array.size)
        # 1.15 shows no complex numbers.
        text += ("[?]" if array.dtype.kind == "c" else _array_text(array, ends)) + part
    result = np.empty((), object)
    result[()] = text.encode()
    return result


@export("strings.format")
def string_format(
    template: str,
    inputs: Any,
    placeholder: str = "{}",
    summarize: int = 3,
    name: str | None = None,
) -> Tensor:
    """Make a text of a template and of tensors.

    Args:
        template: Text with one placeholder for each tensor.
        inputs: Tensor, or a list or tuple of tensors.
        placeholder: What stands for a tensor in the template.
        summarize: How many entries to show at both ends of each dimension; -1 for all.
        name: Name of the node.

    Returns:
        Scalar string tensor.

    Raises:
        ValueError: there are more or fewer placeholders than tensors.
    """
    if isinstance(inputs, (list, tuple)):
        tensors = [convert.convert_to_tensor(x) for x in inputs]
    else:
        tensors = [convert.convert_to_tensor(inputs)]
    found = template.count(placeholder)
    if found != len(tensors):
        raise ValueError(
            f"{found} placeholder(s) in template does not match {len(tensors)} tensor(s) provided "
            "as input"
        )
    return StringFormat(
        tensors, template=template, placeholder=placeholder, summarize=summarize, name=name
    )


# -- PrintV2 -----------------------------------------------------------------------------------
PrintV2 = op(
    "PrintV2",
    "input: string ->",
    output_stream=A.text(default="stderr"),
    end=A.text(default="\n"),
    stateful=True,
    host_only=True,
)
PrintV2.no_gradient("it has no outputs", undefined=True)


@PrintV2.shape
def _shape_print_v2(s, input):
    if input:
        raise ValueError(f"Shape must be rank 0 but is rank {len(input)}")
    return []


_LEVELS = {"info": python_logging.INFO, "warning": python_logging.WARNING}


@PrintV2.kernel
def _kernel_print_v2(k, input, *, output_stream, end):
    text = np.asarray(input)[()].decode("utf-8", "replace")
    if output_stream.startswith("file://"):
        with open(output_stream[len("file://") :], "a", encoding="utf-8") as file:
            file.write(text + end)
    elif output_stream in ("stdout", "stderr"):
        stream = getattr(sys, output_stream)
        stream.write(text + end)
        stream.flush()
    elif output_stream.startswith("log("):
        level = _LEVELS.get(output_stream[4:-1], python_logging.ERROR)
        python_logging.getLogger("tensorflow").log(level, "%s", text)
    else:
        raise errors.InvalidArgumentError(
            None, None, f"Unknown output stream: {output_stream}, expected one of stdout, stderr"
        )
    return ()


def _stream_name(stream: Any) -> str:
    if isinstance(stream, str) and stream.startswith("file://"):
        return stream
    if stream is sys.stdout:
        return "stdout"
    if stream is sys.stderr:
        return "stderr"
    known = {"info": "info", "warn": "warning", "warning": "warning", "error": "error"}
    numbers = {20: "info", 30: "warning", 40: "error"}
    if callable(stream) and getattr(stream, "__name__", None) in known:
        return f"log({known[stream.__name__]})"
    if isinstance(stream, int) and stream in numbers:
        return f"log({numbers[stream]})"
    raise ValueError(
        f"Unsupported output stream, logging level, or file.{stream}. Supported streams are "
        "sys.stdout, sys.stderr, tf.logging.info, tf.logging.warning, tf.logging.error. File needs "
        "to be in the form of 'file://<filepath>'."
    )


def _is_tensor(x: Any) -> bool:
    return isinstance(x, (Tensor, SparseTensor)) or hasattr(x, "_as_graph_element")


def _placeholder(inputs: tuple[Any, ...]) -> str:
    """A placeholder that occurs in nothing that is printed as it is."""
    plain = nest.map_structure(lambda x: "" if _is_tensor(x) else x, inputs)
    text = " ".join(pprint.pformat(x) for x in plain)
    placeholder = "{}"
    digits = random.Random(5)
    while placeholder in text:
        placeholder += str(digits.randint(0, 9))
    return placeholder


def _template(value: Any, placeholder: str, tensors: list[Any]) -> str:
    """The text of one printed value; its tensors are added to `tensors`."""
    shown = []
    for leaf in nest.flatten(value):
        if isinstance(leaf, SparseTensor):
            tensors.extend([leaf.indices, leaf.values, leaf.dense_shape])
            p = placeholder
            shown.append(f"SparseTensor(indices={p}, values={p}, shape={p})")
        elif _is_tensor(leaf):
            tensors.append(leaf)
            shown.append(placeholder)
        else:
            shown.append(leaf)
    if isinstance(value, str):
        return value
    return pprint.pformat(nest.pack_sequence_as(value, shown))


@export("print")
def print_v2(*inputs: Any, **kwargs: Any) -> Any:
    """Prints values, those of tensors among them, whenever the operation is executed.

    Args:
      *inputs: tensors, plain Python values, or nested structures of them.
      **kwargs: `output_stream` (`sys.stderr` by default, `sys.stdout`, a function of `tf.logging`
        or `"file://..."`), `summarize` (entries shown at both ends of each dimension, 3), `sep`
        (" "), `end` (a line feed) and `name`.

    Returns:
      The operation.

    Raises:
      ValueError: another keyword argument, or an unknown stream.
    """
    stream = kwargs.pop("output_stream", sys.stderr)
    name = kwargs.pop("name", None)
    summarize = kwargs.pop("summarize", 3)
    sep, end = kwargs.pop("sep", " "), kwargs.pop("end", "\n")
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments for tf.print: {kwargs}")
    stream = _stream_name(stream)
    only = inputs[0] if len(inputs) == 1 and isinstance(inputs[0], Tensor) else None
    if only is not None and only.dims == () and only.dtype.base_dtype is dtypes.string:
        return PrintV2(only, output_stream=stream, end=end, name=name)
    placeholder = _placeholder(inputs)
    tensors: list[Any] = []
    template = sep.join(_template(x, placeholder, tensors) for x in inputs)
    text = string_format(
        template.replace(f"'{placeholder}'", placeholder),
        tensors,
        placeholder=placeholder,
        summarize=summarize,
        name=f"{name}_format" if name else None,
    )
    return PrintV2(text, output_stream=stream, end=end, name=name)
