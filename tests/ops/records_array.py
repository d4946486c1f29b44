"""Records of the ops that shape, join, divide, index and choose."""

import numpy as np

from tests.ops.record import Record, arr

X = arr(2, 3, 5)
M = arr(3, 5, seed=1)
MASK = np.array([[True, False, True], [False, False, True]])

RECORDS = [
    Record("Identity", lambda tf, x: tf.identity(x), [X], lambda x: x, grad=(0,)),
    Record("StopGradient", lambda tf, x: tf.stop_gradient(x), [X], lambda x: x),
    Record(
        "ShapeN", lambda tf, x: tf.shape_n([x, x]), [X], lambda x: [np.array(x.shape, np.int32)] * 2
    ),
    Record(
        "Reshape", lambda tf, x: tf.reshape(x, [5, -1]), [X], lambda x: x.reshape(5, 6), grad=(0,)
    ),
    Record(
        "Squeeze", lambda tf, x: tf.squeeze(x, [1]), [arr(2, 1, 3)], lambda x: x[:, 0], grad=(0,)
    ),
    Record("ExpandDims", lambda tf, x: tf.expand_dims(x, 1), [X], lambda x: x[:, None], grad=(0,)),
    Record(
        "Transpose",
        lambda tf, x: tf.transpose(x, [2, 0, 1]),
        [X],
        lambda x: x.transpose(2, 0, 1),
        grad=(0,),
    ),
    Record(
        "InvertPermutation",
        lambda tf, x: tf.invert_permutation(x),
        [np.array([2, 0, 1], np.int32)],
        np.argsort,
    ),
    Record(
        "Fill", lambda tf, x: tf.fill([2, 3], x), [arr()], lambda x: np.full((2, 3), x), grad=(0,)
    ),
    Record("ZerosLike", lambda tf, x: tf.zeros_like(x, optimize=False), [X], np.zeros_like),
    Record(
        "BroadcastTo",
        lambda tf, x: tf.broadcast_to(x, [2, 3]),
        [arr(2, 1)],
        lambda x: x.repeat(3, 1),
        grad=(0,),
    ),
    Record(
        "EnsureShape", lambda tf, x: tf.ensure_shape(x, [None, 3, 5]), [X], lambda x: x, grad=(0,)
    ),
    Record(
        "ConcatV2",
        lambda tf, x, y: tf.concat([x, y], 1),
        [arr(2, 3), arr(2, 5)],
        lambda x, y: np.concatenate([x, y], 1),
        grad=(0, 1),
    ),
    Record(
        "Pack",
        lambda tf, x, y: tf.stack([x, y], 1),
        [arr(2, 3), arr(2, 3, seed=1)],
        lambda x, y: np.stack([x, y], 1),
        grad=(0, 1),
    ),
    Record(
        "Unpack",
        lambda tf, x: tf.unstack(x, 3, axis=1),
        [X],
        lambda x: [x[:, i] for i in range(3)],
        grad=(0,),
    ),
    Record(
        "Split",
        lambda tf, x: tf.split(x, 3, 1),
        [arr(2, 6)],
        lambda x: np.split(x, 3, 1),
        grad=(0,),
    ),
    Record(
        "SplitV",
        lambda tf, x: tf.split(x, [1, -1], 1),
        [arr(2, 6)],
        lambda x: [x[:, :1], x[:, 1:]],
        grad=(0,),
    ),
    Record(
        "Slice",
        lambda tf, x: tf.slice(x, [0, 1, 2], [-1, 2, 2]),
        [X],
        lambda x: x[:, 1:3, 2:4],
        grad=(0,),
    ),
    Record(
        "StridedSlice",
        lambda tf, x: x[:, None, -1, ::-2],
        [X],
        lambda x: x[:, None, -1, ::-2],
        grad=(0,),
        grad_order=2,
    ),
    Record(
        "GatherV2",
        lambda tf, x: tf.gather(x, [2, 0, 2], axis=1),
        [X],
        lambda x: x[:, [2, 0, 2]],
        grad=(0,),
    ),
    Record(
        "GatherV2",
        lambda tf, x: tf.gather(x, [[1], [0]], batch_dims=1),
        [X],
        lambda x: np.stack([x[0, [1]], x[1, [0]]]),
        grad=(0,),
        name="batch",
    ),
    Record(
        "GatherNd",
        lambda tf, x: tf.gather_nd(x, [[0, 2], [1, 0]]),
        [X],
        lambda x: x[[0, 1], [2, 0]],
        grad=(0,),
    ),
    Record(
        "ScatterNd",
        lambda tf, x: tf.scatter_nd([[4], [1], [4]], x, [5]),
        [arr(3)],
        lambda x: np.array([0, x[1], 0, 0, x[0] + x[2]]),
        grad=(0,),
    ),
    Record(
        "TensorScatterUpdate",
        lambda tf, x, u: tf.tensor_scatter_update(x, [[1]], u),
        [arr(3), arr(1)],
        lambda x, u: np.array([x[0], u[0], x[2]]),
        grad=(0, 1),
    ),
    Record(
        "TensorScatterAdd",
        lambda tf, x, u: tf.tensor_scatter_add(x, [[1]], u),
        [arr(3), arr(1)],
        lambda x, u: np.array([x[0], x[1] + u[0], x[2]]),
        grad=(0, 1),
    ),
    Record(
        "TensorScatterSub",
        lambda tf, x, u: tf.tensor_scatter_sub(x, [[1]], u),
        [arr(3), arr(1)],
        lambda x, u: np.array([x[0], x[1] - u[0], x[2]]),
        grad=(0, 1),
    ),
    Record(
        "Pad",
        lambda tf, x: tf.pad(x, [[1, 0], [0, 2]]),
        [M],
        lambda x: np.pad(x, [(1, 0), (0, 2)]),
        grad=(0,),
    ),
    Record(
        "PadV2",
        lambda tf, x: tf.pad(x, [[1, 0], [0, 2]], constant_values=7.0),
        [M],
        lambda x: np.pad(x, [(1, 0), (0, 2)], constant_values=7),
        grad=(0,),
    ),
    Record(
        "MirrorPad",
        lambda tf, x: tf.pad(x, [[2, 1], [0, 3]], "REFLECT"),
        [M],
        lambda x: np.pad(x, [(2, 1), (0, 3)], "reflect"),
        grad=(0,),
    ),
    Record(
        "MirrorPad",
        lambda tf, x: tf.pad(x, [[3, 1], [0, 5]], "SYMMETRIC"),
        [M],
        lambda x: np.pad(x, [(3, 1), (0, 5)], "symmetric"),
        grad=(0,),
        name="symmetric",
    ),
    Record("Tile", lambda tf, x: tf.tile(x, [2, 3]), [M], lambda x: np.tile(x, [2, 3]), grad=(0,)),
    Record(
        "Select",
        lambda tf, c, x, y: tf.where(c, x, y),
        [MASK, arr(2, 3), arr(2, 3, seed=1)],
        np.where,
        grad=(1, 2),
    ),
    Record(
        "SelectV2",
        lambda tf, c, x, y: tf.where_v2(c, x, y),
        [MASK, arr(2, 1), arr(3, seed=1)],
        np.where,
        grad=(1, 2),
    ),
    Record("Where", lambda tf, c: tf.where(c), [MASK], np.argwhere),
    Record(
        "OneHot",
        lambda tf, i: tf.one_hot(i, 4, axis=0),
        [np.array([1, 3, 9], np.int32)],
        lambda i: (np.arange(4)[:, None] == i).astype(np.float32),
    ),
    Record(
        "ReverseV2",
        lambda tf, x: tf.reverse(x, [0, -1]),
        [X],
        lambda x: x[::-1, :, ::-1],
        grad=(0,),
    ),
    Record(
        "Roll",
        lambda tf, x: tf.roll(x, [1, -2], [0, 2]),
        [X],
        lambda x: np.roll(x, (1, -2), (0, 2)),
        grad=(0,),
    ),
    Record(
        "ReverseSequence",
        lambda tf, x, n: tf.reverse_sequence(x, n, seq_axis=1),
        [arr(2, 3), np.array([2, 3], np.int32)],
        lambda x, n: np.array([x[0, [1, 0, 2]], x[1, ::-1]]),
        grad=(0,),
    ),
    Record(
        "TopKV2",
        lambda tf, x: list(tf.nn.top_k(x, 2)),
        [arr(3, 7)],
        lambda x: [-np.sort(-x)[:, :2], np.argsort(-x)[:, :2].astype(np.int32)],
    ),
    Record(
        "SpaceToBatchND",
        lambda tf, x: tf.space_to_batch_nd(x, [2, 2], [[1, 1], [0, 0]]),
        [arr(1, 2, 4, 3)],
        grad=(0,),
    ),
    Record(
        "BatchToSpaceND",
        lambda tf, x: tf.batch_to_space_nd(x, [2, 2], [[1, 0], [0, 0]]),
        [arr(4, 2, 3, 1)],
        grad=(0,),
    ),
    Record("SpaceToDepth", lambda tf, x: tf.space_to_depth(x, 2), [arr(1, 4, 6, 3)], grad=(0,)),
    Record("DepthToSpace", lambda tf, x: tf.depth_to_space(x, 2), [arr(1, 2, 3, 8)], grad=(0,)),
    Record(
        "Range",
        lambda tf, n: tf.range(n),
        [np.int32(5)],
        lambda n: np.arange(n, dtype=np.int32),
        limits={"shapes": "data"},
    ),
    Record(
        "LinSpace",
        lambda tf, a, b: tf.linspace(a, b, 5),
        [0.5, 2.0],
        lambda a, b: np.linspace(a, b, 5, dtype=np.float32),
    ),
]
