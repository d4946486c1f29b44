"""Records of the list operations: each makes a list, uses it, and stacks or reads it."""

import numpy as np

from headrace._src.core.errors import InvalidArgumentError
from headrace._src.ops import (
    function_call,
    switch_case,
    tensor_list,
    tensor_list_concat,
    tensor_list_stack,
)
from tests.ops.record import Record, arr

X = arr(5, 2, 3)
ROW = arr(2, 3, seed=1)
TWO = arr(2, 2, 3, seed=2)
LONG = arr(7, 3, seed=3)


def _rows(x):
    return tensor_list_stack.tensor_list_from_tensor(x, x.shape[1:])


def _stack(x, like):
    return tensor_list_stack.tensor_list_stack(x, like.dtype, element_shape=like.shape[1:])


def _item(x, index, like):
    return tensor_list.tensor_list_get_item(x, index, like.dtype, like.shape[1:])


def _put(x, at, value):
    out = x.copy()
    out[at] = value
    return out


def _pushed(tf, x, row):
    return _stack(tensor_list.tensor_list_push_back(_rows(x), row), x)


def _popped(tf, x):
    rest, last = tensor_list.tensor_list_pop_back(_rows(x), x.dtype)
    return [_stack(rest, x), last * 2.0]


def _empty(tf, row):
    made = tensor_list.empty_tensor_list(row.shape, row.dtype)
    for factor in (1.0, 2.0):
        made = tensor_list.tensor_list_push_back(made, row * factor)
    return tensor_list_stack.tensor_list_stack(made, row.dtype)


def _reserved(tf, row):
    made = tensor_list.tensor_list_reserve(row.shape, 3, row.dtype)
    made = tensor_list.tensor_list_set_item(made, 1, row)
    return tensor_list_stack.tensor_list_stack(made, row.dtype)


def _scattered(tf, x):
    made = tensor_list_stack.TensorListScatter(x, [3, 0, 1, 6, 4], x.shape[1:].as_list())
    return _stack(made, x)


def _spread(x, size):
    out = np.zeros((size, *x.shape[1:]), x.dtype)
    out[[3, 0, 1, 6, 4]] = x
    return out


def _concatenated(tf, x):
    made = tensor_list_concat.tensor_list_split(x, None, [2, 1, 4])
    return tensor_list_concat.tensor_list_concat(made, x.dtype) * 2.0


def _old_concat(tf, x):
    made = tensor_list_concat.tensor_list_split(x, None, [2, 1, 4])
    return tensor_list_concat.TensorListConcat(made, element_dtype=x.dtype)[0] * 2.0


def _split(tf, x):
    made = tensor_list_concat.tensor_list_split(x, None, [2, 5])
    return tensor_list.tensor_list_get_item(made, 1, x.dtype) * 3.0


def _resized(n):
    return lambda tf, x: _stack(tensor_list.tensor_list_resize(_rows(x), n), x)


def _joined(tf, x, y):
    made = tensor_list_concat.tensor_list_concat_lists(_rows(x), _rows(y), x.dtype)
    return _stack(made, x)


def _batched(tf, x, two):
    made = tensor_list_concat.tensor_list_push_back_batch(tf.stack([_rows(x), _rows(x)]), two)
    return [_stack(made[0], x), _stack(made[1], x)]


def _body(tf):
    from headrace._src.function import defun

    @defun.Defun(tf.float32)
    def scale(x):
        return x * x

    return scale.reference()


FREE = {"shapes": "the list says nothing of shapes that are not known"}

RECORDS = [
    Record("EmptyTensorList", _empty, [ROW], lambda r: np.stack([r, 2 * r]), grad=(0,)),
    Record(
        "TensorListReserve",
        _reserved,
        [ROW],
        lambda r: np.stack([0 * r, r, 0 * r]),
        grad=(0,),
        limits=FREE,
    ),
    Record(
        "TensorListPushBack",
        _pushed,
        [X, ROW],
        lambda x, r: np.concatenate([x, r[None]]),
        grad=(0, 1),
        bad_run=[([X, arr(2, 4)], InvalidArgumentError, "Incompatible shapes during merge")],
        limits=FREE,
    ),
    Record("TensorListPopBack", _popped, [X], lambda x: [x[:-1], 2 * x[-1]], grad=(0,)),
    Record(
        "TensorListGetItem",
        lambda tf, x: _item(_rows(x), 3, x) * 2.0,
        [X],
        lambda x: 2 * x[3],
        grad=(0,),
    ),
    Record(
        "TensorListGetItem",
        lambda tf, x, i: _item(_rows(x), i, x),
        [X, np.int32(4)],
        lambda x, i: x[i],
        grad=(0,),
        name="at_run_time",
    ),
    Record(
        "TensorListSetItem",
        lambda tf, x, r: _stack(tensor_list.tensor_list_set_item(_rows(x), 2, r), x),
        [X, ROW],
        lambda x, r: _put(x, 2, r),
        grad=(0, 1),
    ),
    Record(
        "TensorListLength",
        lambda tf, x: tensor_list.tensor_list_length(_rows(x)),
        [X],
        lambda x: np.int32(5),
    ),
    Record(
        "TensorListElementShape",
        lambda tf, x: tensor_list.tensor_list_element_shape(_rows(x), tf.int64),
        [X],
        lambda x: np.array([2, 3]),
        limits={"shapes": "an unknown shape is the scalar -1, whatever the static shape says"},
    ),
    Record(
        "TensorListStack", lambda tf, x: _stack(_rows(x), x) * 3.0, [X], lambda x: 3 * x, grad=(0,)
    ),
    Record(
        "TensorListFromTensor",
        lambda tf, x: _stack(_rows(x), x),
        [arr(4)],
        lambda x: x,
        grad=(0,),
        name="scalars",
    ),
    Record(
        "TensorListGather",
        lambda tf, x, i: tensor_list_stack.tensor_list_gather(_rows(x), i, x.dtype, x.shape[1:]),
        [X, np.array([4, 0, 1], np.int32)],
        lambda x, i: x[i],
        grad=(0,),
    ),
    Record("TensorListScatter", _scattered, [X], lambda x: _spread(x, 7), grad=(0,), limits=FREE),
    Record(
        "TensorListScatterV2",
        lambda tf, x: _stack(
            tensor_list_stack.TensorListScatterV2(x, [3, 0, 1, 6, 4], x.shape[1:].as_list(), 8), x
        ),
        [X],
        lambda x: _spread(x, 8),
        grad=(0,),
        limits=FREE,
    ),
    Record(
        "TensorListScatterIntoExistingList",
        lambda tf, x, two: _stack(
            tensor_list_stack.tensor_list_scatter(two, [3, 1], input_handle=_rows(x)), x
        ),
        [X, TWO],
        lambda x, two: _put(x, [3, 1], two),
        grad=(0, 1),
    ),
    Record("TensorListConcatV2", _concatenated, [LONG], lambda x: 2 * x, grad=(0,)),
    Record("TensorListConcat", _old_concat, [LONG], lambda x: 2 * x, grad=(0,)),
    Record("TensorListSplit", _split, [LONG], lambda x: 3 * x[2:], grad=(0,)),
    Record("TensorListResize", _resized(3), [X], lambda x: x[:3], grad=(0,), name="shorter"),
    Record(
        "TensorListResize",
        _resized(6),
        [X],
        lambda x: np.concatenate([x, np.zeros((1, 2, 3), x.dtype)]),
        grad=(0,),
        name="longer",
        limits=FREE,
    ),
    Record(
        "TensorListConcatLists", _joined, [X, TWO], lambda x, y: np.concatenate([x, y]), limits=FREE
    ),
    Record(
        "TensorListPushBackBatch",
        _batched,
        [X, TWO],
        lambda x, two: [np.concatenate([x, row[None]]) for row in two],
        limits=FREE,
    ),
    Record(
        "PartitionedCall",
        lambda tf, x: function_call.PartitionedCall([x], Tout=[tf.float32], f=_body(tf)),
        [ROW],
        lambda x: [x * x],
    ),
    Record(
        "StatefulPartitionedCall",
        lambda tf, x: function_call.StatefulPartitionedCall([x], Tout=[tf.float32], f=_body(tf)),
        [ROW],
        lambda x: [x * x],
    ),
    Record(
        "SymbolicGradient",
        lambda tf, x, dy: function_call.SymbolicGradient([x, dy], Tout=[tf.float32], f=_body(tf)),
        [ROW, arr(2, 3, seed=4)],
        lambda x, dy: [2 * x * dy],
        limits={"shapes": "the gradient has the shape of the argument"},
    ),
    Record(
        "Case",
        lambda tf, i, x: switch_case.switch_case(
            i, [lambda: x, lambda: tf.exp(x), lambda: x * x], lambda: -x
        ),
        [np.int32(1), ROW],
        lambda i, x: np.exp(x),
        grad=(1,),
    ),
]
