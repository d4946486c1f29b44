"""Constants: Const, Fill, zeros and ones, and how Python values become tensors."""

from __future__ import annotations

import numbers
from functools import reduce as fold
from operator import mul
from typing import Any, Final

import numpy as np

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes, errors, nest
from headrace._src.core import graph as graph_lib
from headrace._src.core.convert import convert_to_tensor, register_tensor_conversion_function
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import name_scope
from headrace._src.core.shape import Dimension, TensorShape
from headrace._src.core.tensor import Tensor
from headrace._src.core.tensor_proto import filled
from headrace._src.engine import list_lowering
from headrace._src.engine.optional_values import OptionalValue
from headrace._src.engine.tensor_lists import TensorList
from headrace._src.engine.traced_lists import TracedList, TracedOptional
from headrace._src.ops import _eager_values
from headrace._src.ops._arguments import spec
from headrace._src.ops._late import late

# -- Python values to arrays -------------------------------------------------------------------

_KINDS = (
    ("is_bool", (bool,)),
    ("is_complex", (numbers.Complex, np.number)),
    ("is_floating", (numbers.Real, np.integer, np.floating)),
    ("is_integer", (numbers.Integral, np.integer, Dimension)),
)


def _accepted_types(dtype: dtypes.DType) -> tuple[type, ...] | None:
    """Python types whose instances a constant of `dtype` may be made of; None for any."""
    if dtype == dtypes.string:
        return (bytes, str)
    for flag, types in _KINDS:
        if getattr(dtype, flag):
            return types
    return None


def _check_leaves(values: Any, dtype: dtypes.DType | None) -> None:
    leaves = nest.flatten(values) if isinstance(values, (list, tuple, dict)) else (values,)
    if dtype is None:
        if any(isinstance(leaf, Tensor) for leaf in leaves):
            raise TypeError("List of Tensors when single Tensor expected")
        return
    accepted = _accepted_types(dtype)
    if accepted is None:
        return
    for leaf in leaves:
        if not isinstance(leaf, accepted):
            raise TypeError(
                f"Expected {dtype.name}, got {leaf!r} of type '{type(leaf).__name__}' instead."
            )


def _nested_dims(values: Any) -> list[int]:
    """Dims that nested sequences claim to have, looking at first elements only."""
    dims: list[int] = []
    while isinstance(values, (list, tuple)):
        dims.append(len(values))
        if not values:
            break
        values = values[0]
    if isinstance(values, (np.ndarray, np.generic)):
        dims.extend(values.shape)
    return dims


def _cannot_convert(values: Any) -> TypeError:
    return TypeError(
        f"Failed to convert object of type {type(values)} to Tensor. Contents: {values}. "
        "Consider casting elements to a supported type."
    )


def _as_bytes(value: Any, whole: Any) -> bytes:
    if isinstance(value, bytes):
        return bytes(value)
    if isinstance(value, str):
        return value.encode("utf-8")
    raise _cannot_convert(whole)


def _string_array(values: Any, array: np.ndarray) -> np.ndarray:
    """Array of bytes objects shaped like `array`, read from `values`: NumPy trims nulls."""
    leaves = array.ravel().tolist() if isinstance(values, np.ndarray) else _leaves(values)
    result = np.empty(array.shape, dtype=object)
    flat = result.reshape(-1)
    if len(leaves) != flat.size:
        raise _cannot_convert(values)
    for i, leaf in enumerate(leaves):
        flat[i] = _as_bytes(leaf, values)
    return result


def _leaves(values: Any) -> list[Any]:
    if isinstance(values, (list, tuple)):
        return [leaf for item in values for leaf in _leaves(item)]
    if isinstance(values, np.ndarray):
        return values.ravel().tolist()
    return [values]


def _ragged(values: Any, numpy_dtype: Any) -> ValueError:
    if numpy_dtype is not None and numpy_dtype is not object:
        return ValueError("setting an array element with a sequence.")
    shape = list(np.array(values, dtype=object).shape)
    return ValueError(
        f"Argument must be a dense tensor: {values} - got shape {shape}, "
        f"but wanted {_nested_dims(values)}."
    )


def _wrapped(values: Any, numpy_dtype: np.dtype) -> np.ndarray:
    """Integers out of the range of their type wrap round, as C conversions do."""
    wide = np.array(values, dtype=object)
    bits = 8 * np.dtype(numpy_dtype).itemsize
    unsigned = np.vectorize(lambda v: int(v) % (1 << bits), otypes=[np.uint64])(wide)
    return unsigned.astype(f"u{bits // 8}").view(numpy_dtype).reshape(wide.shape)


def _array_of_python(values: Any, numpy_dtype: Any) -> np.ndarray:
    if isinstance(values, Dimension):
        values = values.value
    elif numpy_dtype is not None and isinstance(values, (list, tuple)):
        values = nest.map_structure(
            lambda leaf: leaf.value if isinstance(leaf, Dimension) else leaf, values
        )
    try:
        array = np.array(values, dtype=numpy_dtype)
    except OverflowError:
        if numpy_dtype is None or np.dtype(numpy_dtype).kind not in "iu":
            raise _cannot_convert(values) from None
        array = _wrapped(values, numpy_dtype)
    except ValueError as error:
        if "inhomogeneous" in str(error) or "sequence" in str(error):
            raise _ragged(values, numpy_dtype) from None
        raise
    if list(array.shape) != _nested_dims(values):
        if array.dtype == object and not isinstance(values, (list, tuple)):
            raise _cannot_convert(values)
        raise ValueError(
            f"Argument must be a dense tensor: {values} - got shape {list(array.shape)}, "
            f"but wanted {_nested_dims(values)}."
        )
    return array


def _is_array_like(value: Any) -> bool:
    if isinstance(value, (np.ndarray, np.generic)):
        return True
    if isinstance(value, (Tensor, int, float, complex, str, bytes, list, tuple)):
        return False
    return (
        callable(getattr(value, "__array__", None))
        or isinstance(getattr(value, "__array_interface__", None), dict)
        or isinstance(value, (bytearray, memoryview))
    )


def _dense_array(values: Any, dtype: dtypes.DType | None, shape: Any) -> np.ndarray:
    """A fresh array of `values`, 32-bit where Python left the width open."""
    numpy_dtype = None if dtype is None else dtype.as_numpy_dtype
    if _is_array_like(values):
        array = np.asarray(values)
        if numpy_dtype is None:
            return array.copy()
        if numpy_dtype is object and array.dtype.kind in "SUO":
            return array.copy()
        return array.astype(numpy_dtype)
    if values is None:
        raise ValueError("None values not supported.")
    if shape is not None and np.prod(shape, dtype=np.int64) == 0:
        return np.empty(shape, dtype=numpy_dtype if numpy_dtype is not None else np.float32)
    _check_leaves(values, dtype)
    array = _array_of_python(values, numpy_dtype)
    if dtype is not None:
        return array
    if array.dtype == np.float64:
        return array.astype(np.float32)
    if array.dtype == np.int64:
        narrow = array.astype(np.int32)
        return narrow if np.array_equal(narrow, array) else array
    return array


def _fit(array: np.ndarray, shape: list[int], verify_shape: bool) -> np.ndarray:
    """`array` reshaped to `shape`, its last element repeated to fill what is missing."""
    if verify_shape and array.shape != tuple(shape):
        raise TypeError(f"Expected Tensor's shape: {tuple(shape)}, got {array.shape}.")
    size = int(np.prod(shape, dtype=np.int64))
    if array.size > size:
        raise ValueError(
            f"Too many elements provided. Needed at most {size}, but received {array.size}"
        )
    if array.size == size:
        return array.reshape(shape)
    return filled(array, shape)


# Types as which every Python float is taken.
_FLOATS: Final = frozenset((dtypes.float32._type_enum, dtypes.float64._type_enum))


def constant_array(
    value: Any, dtype: Any = None, shape: Any = None, verify_shape: bool = False
) -> tuple[np.ndarray, dtypes.DType]:
    """The read-only array and dtype that `tf.constant(value, dtype, shape)` holds."""
    kind = type(value)
    if (
        shape is None
        and dtype is None
        and (kind is float or (kind is int and -(2**31) <= value < 2**31))
    ):
        found = dtypes.float32 if kind is float else dtypes.int32
        array = np.array(value, dtype=np.float32 if kind is float else np.int32)
        array.flags.writeable = False
        return array, found
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype)
        if kind is float and shape is None and dtype._type_enum in _FLOATS:
            array = np.array(value, dtype=dtype.as_numpy_dtype)
            array.flags.writeable = False
            return array, dtype
    if shape is not None:
        shape = [int(d) for d in _iterate_shape(shape)]
    array = _dense_array(value, dtype, shape)
    if array.dtype.kind in "SUO" and (dtype is None or dtype == dtypes.string):
        array = _string_array(value, array)
    found = dtypes.as_dtype(array.dtype)
    if dtype is not None and not dtype.is_quantized and dtype.base_dtype != found:
        raise TypeError(f"Incompatible types: {dtype} vs. {array.dtype}. Value is {value}")
    if shape is not None:
        array = _fit(array, shape, verify_shape)
    if array.flags.writeable:
        array.flags.writeable = False
    return array, found if dtype is None else dtype.base_dtype


def _iterate_shape(shape: Any) -> Any:
    return shape.as_list() if isinstance(shape, TensorShape) else iter(shape)


# -- Const -------------------------------------------------------------------------------------
Const = op("Const", "-> output: dtype", value=A.tensor(), dtype=G.ANY, python_constant=True)


@Const.shape
def _shape_const(s, *, value):
    return value.shape


@Const.kernel
def _kernel_const(k, *, value):
    # A plain array, whatever the graph has to remember about the way it was written.
    return np.asarray(value)


Const.no_gradient("a constant has no inputs")


@export("constant", v2=())
def constant(
    value: Any,
    dtype: Any = None,
    shape: Any = None,
    name: str | None = "Const",
    verify_shape: bool = False,
) -> Tensor:
    """Make a tensor that always has the given value.

    Args:
        value: Number, string, (nested) list of them, or array.
        dtype: Type of the elements; by default it follows from the value, where Python floats
            give float32 and Python integers int32 if they fit.
        shape: Dims of the result; a shorter value is filled up with its last element.
        name: Name of the node.
        verify_shape: Whether `value` must already have the shape.

    Returns:
        A constant `Tensor`.

    Raises:
        TypeError: (build) elements of a wrong type, or a shape that `verify_shape` forbids.
        ValueError: (build) None, a ragged list, or more elements than `shape` holds.
    """
    if graph_lib.get_default_graph().executes:
        return _eager_constant(value, dtype, shape, name, verify_shape)
    if isinstance(value, Tensor) and value.op.graph.executes:
        value = value.numpy()
    array, found = constant_array(value, dtype, shape, verify_shape)
    return _add_const(array, found, name)


def _eager_constant(
    value: Any, dtype: Any, shape: Any, name: str | None, verify_shape: bool
) -> Tensor:
    """The constant in eager execution, which refuses more, and fills a shape from scalars only."""
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    kind = type(value)
    if isinstance(value, Tensor):
        if wanted is not None and value.dtype != wanted:
            raise TypeError(f"Expected tensor with type {wanted!r} not {value.dtype!r}")
        made = value
    else:
        if wanted is not None or kind is not float:
            if not _is_array_like(value):
                value = _eager_values.checked(value, wanted)
            elif wanted == dtypes.string:
                _check_texts(np.asarray(value))
        made = _add_const(*constant_array(value, wanted), name)
    if shape is None:
        return made
    dims = tuple(int(d) for d in _iterate_shape(shape))
    if verify_shape and dims != made.dims:
        raise TypeError(f"Expected Tensor's shape: {_shown(dims)}, got {_shown(made.dims)}.")
    size, given = fold(mul, dims, 1), fold(mul, made.dims, 1)
    if size == given:
        return made if dims == made.dims else spec("Reshape")(made, dims)
    if given == 1:
        return spec("Fill")(dims, made)
    raise TypeError(
        f"Eager execution of tf.constant with unsupported shape (value has {given} elements, "
        f"shape is {dims} with {size} elements)."
    )


def _shown(dims: Any) -> str:
    return str(tuple(TensorShape(dims)))


def _check_texts(array: np.ndarray) -> None:
    wrong = next((v for v in array.ravel().tolist() if not isinstance(v, (str, bytes))), "")
    if not isinstance(wrong, (str, bytes)):
        raise ValueError(
            "Failed to convert a NumPy array to a Tensor (Unsupported object type "
            f"{type(wrong).__name__})."
        )


def _add_const(array: np.ndarray, dtype: dtypes.DType, name: str | None) -> Tensor:
    """Adds the node as calling `Const` would; constants are common, and need no checks here."""
    graph = graph_lib.get_default_graph()
    if graph.executes and (name is None or name == "Const"):
        return graph.constant(Const, array, dtype)
    if name is None:
        scope = graph.unique_scope("Const")
    elif name[-1:] == "/":
        scope = name[:-1]
    else:
        graph_lib.check_scope_name(graph, name)
        scope = graph.unique_scope(name)
    values = {"value": array, "dtype": dtype}
    return graph.add_operation(Const, scope, [], values).outputs[0]


def is_constant(tensor_or_op: Any) -> bool:
    """Whether a tensor or operation is a Const."""
    return getattr(tensor_or_op, "op", tensor_or_op).type == "Const"


# -- conversion of Python values ---------------------------------------------------------------


def _convert_value(value, dtype=None, name=None, as_ref=False):
    return constant(value, dtype, None, name)


def _checked_shape_dtype(dtype):
    if dtype is not None and dtype not in (dtypes.int32, dtypes.int64):
        raise TypeError(f"Cannot convert a TensorShape to dtype: {dtypes.as_dtype(dtype)!r}")
    return dtype


def _convert_shape(value, dtype=None, name=None, as_ref=False):
    if not value.is_fully_defined():
        raise ValueError(f"Cannot convert a partially known TensorShape to a Tensor: {value}")
    dims = value.as_list()
    large = next((d for d in dims if d >= 2**31), 0)
    if _checked_shape_dtype(dtype) is None:
        dtype = dtypes.int64 if large else dtypes.int32
    elif dtype == dtypes.int32 and large:
        raise ValueError(
            f"Cannot convert a TensorShape to dtype int32; a dimension is too large ({large})"
        )
    return constant(dims, dtype, None, name or "shape_as_tensor")


def _convert_dimension(value, dtype=None, name=None, as_ref=False):
    if value.value is None:
        raise ValueError(f"Cannot convert an unknown Dimension to a Tensor: {value}")
    return constant(
        value.value, _checked_shape_dtype(dtype) or dtypes.int32, None, name or "shape_as_tensor"
    )


def _is_tensor_like(value: Any) -> bool:
    return isinstance(value, Tensor) or bool(getattr(value, "is_tensor_like", False))


_PLAIN_TYPES = frozenset(
    {int, float, complex, bool, bytes, str, memoryview, np.ndarray}
) | frozenset(np.sctypeDict.values())


def _first_tensor_dtype(values):
    for value in values:
        if _is_tensor_like(value):
            return value.dtype.base_dtype
        if isinstance(value, (list, tuple)):
            found = _first_tensor_dtype(value)
            if found is not None:
                return found
    return None


def _pack_nested(values, dtype, name):
    """Stack nested sequences that hold tensors; sequences without any are left as they are."""
    with name_scope(name) as scope:
        items = []
        for i, value in enumerate(values):
            if _is_tensor_like(value):
                if dtype is not None and value.dtype.base_dtype != dtype:
                    raise TypeError(
                        f"Cannot convert a list containing a tensor of dtype {value.dtype} "
                        f"to {dtype} (Tensor is: {value!r})"
                    )
            elif isinstance(value, (list, tuple)):
                value = _pack_nested(value, dtype, str(i))
            items.append(value)
        if not any(_is_tensor_like(item) for item in items):
            return items
        tensors = [
            item if _is_tensor_like(item) else constant(item, dtype, None, str(i))
            for i, item in enumerate(items)
        ]
        if graph_lib.get_default_graph().executes and all(map(_is_tensor_like, values)):
            scope = name  # Tensors alone are packed outside any scope; errors say the name.
        return spec("Pack")(tensors, name=scope)


def _convert_sequence_of_tensors(value, dtype=None, name=None, as_ref=False):
    if all(type(leaf) in _PLAIN_TYPES for leaf in nest.flatten(value)):
        return NotImplemented
    inferred = _first_tensor_dtype(value)
    if inferred is None:
        return NotImplemented
    if dtype is None:
        dtype = inferred
    elif dtype != inferred:
        value = nest.map_structure(
            lambda leaf: (
                spec("Cast")(leaf, DstT=dtype)
                if _is_tensor_like(leaf) and leaf.dtype.base_dtype != dtype
                else leaf
            ),
            value,
        )
    return _pack_nested(value, dtype, name or "packed")


register_tensor_conversion_function((list, tuple), _convert_sequence_of_tensors, 99)
register_tensor_conversion_function((list, tuple), _convert_value, 100)
register_tensor_conversion_function(TensorShape, _convert_shape, 100)
register_tensor_conversion_function(Dimension, _convert_dimension, 100)
register_tensor_conversion_function(object, _convert_value, 200)


# -- Fill --------------------------------------------------------------------------------------
Fill = op(
    "Fill",
    "dims: index_type, value: T -> output: T",
    T=G.ANY,
    index_type=A.dtype(G.INDEX, default=dtypes.int32),
    static=("dims",),
    python_constant=True,
)


@Fill.shape
def _shape_fill(s, dims, value):
    if dims is not None and len(dims) != 1:
        raise ValueError(f"Shape must be rank 1 but is rank {len(dims)}")
    if value is not None and len(value) != 0:
        raise ValueError(f"Shape must be rank 0 but is rank {len(value)}")
    known = s.value(0)
    if known is not None and any(size < 0 for size in known):
        raise ValueError("Fill dimensions must be >= 0")
    return s.value_as_dims(0)


@Fill.kernel
def _kernel_fill(k, dims, value):
    if np.ndim(dims) != 1:
        text = ",".join(map(str, np.shape(dims)))
        raise errors.InvalidArgumentError(None, None, f"dims must be a vector, got shape [{text}]")
    shape = tuple(int(d) for d in dims)
    for size in shape:
        if size < 0:
            raise errors.InvalidArgumentError(None, None, f"Dimension {size} must be >= 0")
    if value.ndim:
        text = ",".join(map(str, value.shape))
        raise errors.InvalidArgumentError(None, None, f"value must be a scalar, got shape [{text}]")
    return k.np_for(value).full(shape, value, dtype=value.dtype)


@Fill.gradient
def _grad_fill(op, dy):
    return None, late.reduce_sum(dy)


@export("fill")
def fill(dims: Any, value: Any, name: str | None = None) -> Tensor:
    """Make a tensor of the given dims with every element equal to a scalar.

    Args:
        dims: Dims of the result, 1-D int32 or int64; may be computed by the graph.
        value: Scalar of any type.
        name: Name of the node.

    Returns:
        Tensor of shape `dims` with the dtype of `value`.
    """
    return Fill(dims, value, name=name)


# -- zeros and ones ----------------------------------------------------------------------------
# From this many elements on the value is filled in at run time, to keep GraphDefs small.
_FILL_FROM = 1000


def _is_small(shape: Any) -> bool:
    if isinstance(shape, TensorShape):
        count = shape.num_elements()
        return count is not None and count < _FILL_FROM
    if isinstance(shape, (list, tuple)) and shape:
        # Tensors among the dims multiply and compare in the graph before the attempt is given up:
        # 1.15 leaves those nodes behind, and so names them.
        return bool(fold(mul, shape) < _FILL_FROM)
    return bool(np.prod(shape) < _FILL_FROM)


def _uniform(element: Any, shape: Any, dtype: Any, name: str) -> Tensor:
    if not isinstance(shape, Tensor):
        try:
            try:
                if _is_small(shape):
                    return constant(element, dtype, shape, name)
            except TypeError:
                pass
            shape = _convert_shape(TensorShape(shape))
        except (TypeError, ValueError):
            shape = convert_to_tensor(shape, dtype=dtypes.int32)
    if not shape.dims:
        shape = late.reshape(shape, [-1])
    return fill(shape, constant(element, dtype), name=name)


@export("zeros")
def zeros(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """Make a tensor with every element zero (False, or the empty string).

    Args:
        shape: Dims: list of integers, `TensorShape`, or a 1-D int32 or int64 tensor.
        dtype: Type of the elements.
        name: Name of the node.

    Returns:
        Tensor of the given shape and dtype.
    """
    dtype = dtypes.as_dtype(dtype).base_dtype
    with name_scope(name, "zeros", [shape]) as name:
        zero = False if dtype == dtypes.bool_ else "" if dtype == dtypes.string else 0
        return _uniform(zero, shape, dtype, name)


@export("ones")
def ones(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """Make a tensor with every element one (or True).

    Args:
        shape: Dims: list of integers, `TensorShape`, or a 1-D int32 or int64 tensor.
        dtype: Type of the elements.
        name: Name of the node.

    Returns:
        Tensor of the given shape and dtype.
    """
    dtype = dtypes.as_dtype(dtype).base_dtype
    with name_scope(name, "ones", [shape]) as name:
        return _uniform(True if dtype == dtypes.bool_ else 1, shape, dtype, name)


def _shape_of(tensor: Tensor, optimize: bool) -> Tensor:
    from headrace._src.ops import shapes as shape_ops

    return shape_ops.shape_internal(tensor, optimize=optimize)


# -- ZerosLike ---------------------------------------------------------------------------------
ZerosLike = op("ZerosLike", "x: T -> y: T", T=G.ANY)


def _shape_same(s, x):
    s.set_handle_data(s.handle_data(0))
    return x


ZerosLike.shape(_shape_same)


@ZerosLike.kernel
def _kernel_zeros_like(k, x):
    if isinstance(x, (TracedList, TracedOptional)):
        return list_lowering.zeros_like(x)
    if isinstance(x, OptionalValue):
        return x.mapped(lambda v: _kernel_zeros_like(k, v))
    if isinstance(x, TensorList):
        return x.replaced([v if v is None else _kernel_zeros_like(k, v) for v in x.items()])
    if x.dtype == object and x.size and isinstance(x.flat[0], TensorList):
        result = np.empty_like(x)
        result.flat[:] = [_kernel_zeros_like(k, v) for v in x.flat]
        return result
    if x.dtype == object:
        result = np.empty(x.shape, dtype=object)
        result.fill(b"")
        return result
    return k.np_for(x).zeros_like(x)


ZerosLike.no_gradient("constant whatever the input is")


@export("zeros_like", v2=())
def zeros_like(
    tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
) -> Tensor:
    """Make zeros with the shape of another tensor.

    Args:
        tensor: Tensor that gives the shape.
        dtype: Type of the elements, by default that of `tensor`.
        name: Name of the node.
        optimize: Whether a statically known shape may become a constant.

    Returns:
        Tensor of zeros.
    """
    with name_scope(name, "zeros_like", [tensor]) as name:
        tensor = convert_to_tensor(tensor, name="tensor")
        other = dtype is not None and dtypes.as_dtype(dtype) != tensor.dtype
        if optimize and tensor.shape.is_fully_defined() and tensor.dtype != dtypes.variant:
            return zeros(tensor.shape, dtype=dtype or tensor.dtype, name=name)
        if other and dtypes.as_dtype(dtype) != dtypes.variant:
            shape = _shape_of(tensor, optimize=optimize)
            return zeros(shape, dtype=dtype, name=name)
        return ZerosLike(tensor, name=name)


# -- OnesLike ----------------------------------------------------------------------------------
OnesLike = op(
    "OnesLike",
    "x: T -> y: T",
    T=(
        dtypes.bfloat16,
        dtypes.float16,
        dtypes.float32,
        dtypes.float64,
        dtypes.int8,
        dtypes.uint8,
        dtypes.int16,
        dtypes.uint16,
        dtypes.int32,
        dtypes.int64,
        dtypes.complex64,
        dtypes.complex128,
        dtypes.bool_,
    ),
    shape=_shape_same,
)


@OnesLike.kernel
def _kernel_ones_like(k, x):
    return k.np_for(x).ones_like(x)


OnesLike.no_gradient("constant whatever the input is")


@export("ones_like", v2=())
def ones_like(
    tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
) -> Tensor:
    """Make ones with the shape of another tensor.

    Args:
        tensor: Tensor that gives the shape.
        dtype: Type of the elements, by default that of `tensor`.
        name: Name of the node.
        optimize: Whether a statically known shape may become a constant.

    Returns:
        Tensor of ones.
    """
    with name_scope(name, "ones_like", [tensor]) as name:
        tensor = convert_to_tensor(tensor, name="tensor")
        shape = _shape_of(tensor, optimize=optimize)
        result = ones(shape, dtype=tensor.dtype if dtype is None else dtype, name=name)
        result.set_shape(tensor.shape)
        return result
