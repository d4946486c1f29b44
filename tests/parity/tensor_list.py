"""The list operations, one by one: nodes, values, static shapes, gradients, errors."""

_PRELUDE = """
raw = tf.raw_ops
f32 = tf.float32
r = lambda *s: np.arange(np.prod(s)).reshape(s).astype(np.float32)
hidden = lambda v: tf.placeholder_with_default(np.asarray(v, np.int32), None)
nobody = lambda l: tf.placeholder_with_default(l, [])
scalar = np.zeros([0], np.int32)
static = lambda *ts: tf.constant(str([str(t.shape) for t in ts]), name="static")
empty = lambda shape=[2, 3], t=f32, most=-1: raw.EmptyTensorList(element_shape=shape, max_num_elements=most, element_dtype=t)
reserve = lambda shape=[2, 3], n=3, t=f32: raw.TensorListReserve(element_shape=shape, num_elements=n, element_dtype=t)
push = lambda l, v: raw.TensorListPushBack(input_handle=l, tensor=v)
pop = lambda l, shape=-1, t=f32: raw.TensorListPopBack(input_handle=l, element_shape=shape, element_dtype=t)
get = lambda l, i, shape=-1, t=f32: raw.TensorListGetItem(input_handle=l, index=i, element_shape=shape, element_dtype=t)
put = lambda l, i, v: raw.TensorListSetItem(input_handle=l, index=i, item=v)
size = lambda l: raw.TensorListLength(input_handle=l)
kind = lambda l, t=tf.int32: raw.TensorListElementShape(input_handle=l, shape_type=t)
stack = lambda l, shape=-1, n=-1, t=f32: raw.TensorListStack(input_handle=l, element_shape=shape, element_dtype=t, num_elements=n)
rows = lambda v, shape: raw.TensorListFromTensor(tensor=v, element_shape=shape)
gather = lambda l, i, shape=-1, t=f32: raw.TensorListGather(input_handle=l, indices=i, element_shape=shape, element_dtype=t)
scatter = lambda v, i, shape: raw.TensorListScatter(tensor=v, indices=i, element_shape=shape)
scatter2 = lambda v, i, shape=-1, n=-1: raw.TensorListScatterV2(tensor=v, indices=i, element_shape=shape, num_elements=n)
into = lambda l, v, i: raw.TensorListScatterIntoExistingList(input_handle=l, tensor=v, indices=i)
concat = lambda l, t=f32, **kw: raw.TensorListConcat(input_handle=l, element_dtype=t, **kw)
concat2 = lambda l, shape=-1, lengths=np.zeros([0], np.int64), t=f32: raw.TensorListConcatV2(
    input_handle=l, element_shape=shape, leading_dims=lengths, element_dtype=t)
split = lambda v, shape, lengths: raw.TensorListSplit(
    tensor=v, element_shape=shape, lengths=lengths if isinstance(lengths, tf.Tensor) else np.asarray(lengths, np.int64))
join = lambda a, b, t=f32: raw.TensorListConcatLists(input_a=a, input_b=b, element_dtype=t)
resize = lambda l, n: raw.TensorListResize(input_handle=l, size=n)
batch = lambda l, v: raw.TensorListPushBackBatch(input_handles=l, tensor=v)
two = lambda shape=[-1, 2]: push(push(empty(shape), r(1, 2)), r(3, 2))
"""

_VALUES = {
    "push_and_pop": """
l = push(push(empty([2, -1]), r(2, 3)), r(2, 1))
l, a = pop(l)
l, b = pop(l, [2, 3])
static(a, b)
fetch = [a, b, size(l)]
""",
    "pop_unset": "l, v = pop(reserve()); l, w = pop(reserve([2, -1]), [-1, 3]); fetch = [v, w, size(l)]; static(v, w)",
    "get_and_set": """
l = put(put(reserve(), 1, r(2, 3)), tf.constant(0), r(2, 3) + 1)
free = put(reserve(-1), 1, r(2, 3))
fetch = [get(l, 0), get(l, 1), get(l, 2), get(free, 1, [2, -1]), get(free, 0), get(reserve(-1), 0, [2]), get(l, [1]), get(l, hidden([1]))]
static(*fetch)
""",
    "lengths_and_shapes": """
fetch = [size(reserve()), size(empty()), kind(reserve([2, -1])), kind(reserve(), tf.int64), kind(reserve(-1)),
         kind(reserve(hidden([2, 3]))), kind(reserve(scalar)), kind(nobody(reserve([2]))), size(reserve([2], [3]))]
static(*fetch)
""",
    "values_known_while_building": """
fetch = [tf.zeros([size(reserve())]), get(reserve(kind(reserve([2, 3]))), 0), size(reserve(kind(reserve([2, -1]))))]
static(*fetch)
""",
    "stack": """
fetch = [stack(reserve()), stack(reserve(), -1, 3), stack(reserve(-1, 0), [2]), stack(reserve(-1, 2), [2]),
         stack(reserve([2, -1]), [-1, 3]), stack(put(reserve(-1, 2), 0, r(2))), stack(reserve([2], 1, tf.string), t=tf.string),
         stack(reserve([2], 2, tf.int64), t=tf.int64), get(reserve([2], 3, tf.bool), 0, t=tf.bool)]
static(*fetch)
""",
    "from_tensor": """
fetch = [stack(rows(r(4, 2, 3), [2, 3])), stack(rows(r(4, 2, 3), -1)), get(rows(r(4, 2, 3), [-1, 3]), 2),
         get(rows(tf.constant(["a", "b"]), scalar), 1, t=tf.string), stack(rows(tf.constant(["a", "b"]), scalar), t=tf.string),
         kind(rows(r(4, 2), hidden(-1)))]
static(*fetch)
""",
    "gather": """
l = rows(r(4, 2), [2])
fetch = [gather(l, [0, 2]), gather(rows(r(4, 2), -1), [3, 3], [2]), gather(l, hidden([0, 2])), gather(l, hidden(1)), gather(l, 1),
         gather(l, hidden([[1, 2]])), gather(reserve([2]), [1]), gather(put(reserve(-1), 0, r(2)), [0, 1]), gather(reserve([2]), scalar)]
static(*fetch)
""",
    "scatter": """
fetch = [stack(scatter(r(2, 3), [0, 2], [3])), stack(scatter(r(2, 3), [1, 1], [3])), stack(scatter2(r(2, 3), [0, 2], [3], 5)),
         stack(scatter2(r(0, 3), scalar, [3])), stack(scatter2(r(2, 3), [1, 0])), stack(into(reserve([3], 4), r(2, 3), [0, 2]))]
static(*fetch)
""",
    "concat": """
fetch = [concat(two()), concat(two(-1)), concat(two(-1), element_shape=[None, 2]), concat2(two()), concat2(two(-1), [-1, 2]),
         concat2(two(-1), hidden([-1, 2])), concat2(empty([2, 3])), concat2(empty([-1, 3]), -1, [2, 3]), concat2(two(), -1, [1]),
         concat2(reserve([2, 3], 2)), concat2(reserve([-1, 3], 2), -1, [1, 2]), concat2(put(reserve(-1, 2), 0, r(1, 2))),
         concat2(rows(r(3, 2, 2), -1)), concat2(put(reserve(-1, 2), 1, r(5, 2)), [-1, 2], [2, 5])]
static(*[t for pair in fetch for t in pair])
""",
    "split": """
fetch = [get(split(r(4, 2), -1, [1, 3]), 1), stack(split(r(4, 2), [2, 2], [2, 2])), get(split(r(4, 2), [-1, 2], [0, 4]), 0),
         concat2(split(r(4, 2), [-1, 2], [1, 0, 3]))]
""",
    "join": "fetch = [concat2(join(two(), two())), size(join(rows(r(3, 2), [2]), reserve([2], 4)))]",
    "resize": """
l = rows(r(4, 2), [2])
fetch = [size(resize(reserve(), 5)), stack(resize(l, 2)), stack(resize(l, 5)), stack(resize(l, hidden([1]))), stack(resize(l, 4))]
static(*fetch)
""",
    "batch": """
both = batch(tf.stack([empty(), empty()]), r(2, 2, 3))
fetch = [stack(both[0]), stack(both[1])]
static(both)
""",
    "zeros_and_sums": """
l = rows(r(3, 2), [2])
fetch = [stack(tf.zeros_like(l)), stack(tf.zeros_like(reserve([2]))), stack(tf.add_n([l, l, l])), stack(tf.add_n([l, reserve([2], 3)])),
         stack(tf.add_n([reserve([2], 3), l])), stack(tf.add_n([reserve([2], 3), reserve(-1, 3)])), stack(tf.identity(l)), stack(tf.stop_gradient(l))]
static(*fetch)
""",
    "lists_in_lists": """
l = push(push(empty(scalar, tf.variant), rows(r(2, 3), [3])), reserve([3], 1))
inner = get(l, 0, scalar, tf.variant)
l2, last = pop(l, scalar, tf.variant)
fetch = [stack(inner), stack(last, [3]), size(l2)]
""",
    "old_versions_keep_their_elements": """
a = rows(r(3, 2), [2])
b = put(a, 0, r(2) + 10.)
c = push(b, r(2) + 20.)
d, last = pop(c)
e = put(a, 0, r(2) + 30.)
f = resize(push(d, r(2)), 2)
fetch = [stack(x) for x in (a, b, c, d, e, f)] + [last]
""",
    "gradients_of_push_and_pop": """
x, y = tf.constant(r(2)), tf.constant(r(2) + 3.)
l, b = pop(push(push(empty([2]), x), y))
l, a = pop(l)
fetch = tf.gradients([a * 2. + b * 3.], [x, y]) + tf.gradients(a, x)
""",
    "gradients_of_stack": """
x = tf.constant(r(3, 2))
l = rows(x, [2])
p = tf.placeholder_with_default(r(3, 2), [None, None])
fetch = tf.gradients(stack(l) * r(3, 2), x) + tf.gradients(stack(rows(p, -1)) * r(3, 2), p)
""",
    "gradients_of_get_and_set": """
x, y = tf.constant(r(3, 2)), tf.constant(r(2))
l = put(rows(x, [2]), 1, y)
fetch = tf.gradients(get(l, 1) * 2. + get(l, 0) * 3., [x, y])
""",
    "gradients_of_gather_and_scatter": """
x, y = tf.constant(r(3, 2)), tf.constant(r(2, 2))
a = gather(rows(x, [2]), [2, 0])
b = stack(scatter(y, [1, 0], [2])) * r(2, 2)
c = stack(scatter2(y, [1, 0], [2], 4)) * r(4, 2)
d = stack(into(rows(x, [2]), y, [0, 1])) * r(3, 2)
fetch = tf.gradients([a * r(2, 2), b, c, d], [x, y])
""",
    "gradients_of_concat_and_split": """
x = tf.constant(r(4, 2))
out = concat2(split(x, [-1, 2], [1, 3]))[0] * r(4, 2)
old = concat(split(x, [-1, 2], [3, 1]))[0] * 2.
fetch = tf.gradients(out, x) + tf.gradients(old, x)
""",
    "gradients_of_resize": """
x = tf.constant(r(3, 2))
fetch = tf.gradients(stack(resize(rows(x, [2]), 2)) * r(2, 2), x) + tf.gradients(stack(resize(rows(x, [2]), 4)) * r(4, 2), x)
""",
    "gradients_of_many_reads": """
x = tf.constant(r(20, 2))
l = rows(x, [2])
fetch = tf.gradients([get(l, i) * float(i) for i in range(20)] + [get(l, 3)], x)
""",
    "gradients_that_add_up": """
x = tf.constant(r(3, 2))
l = rows(x, [2])
fetch = tf.gradients([get(l, 0), get(l, 1), stack(l)], x)
""",
}

_ERRORS = {
    "empty_matrix": "empty([[2]])",
    "empty_scalar": "empty(hidden(7))",
    "empty_negative": "empty(hidden([2, -2]))",
    "empty_most": "empty([2], most=[3])",
    "push_shape": "push(empty(), r(2, 4))",
    "push_shape_hidden": "push(empty(hidden([2, 3])), r(2, 4))",
    "push_dtype": "push(empty(), np.zeros([2, 3], np.int32))",
    "push_dtype_hidden": "push(nobody(empty()), np.zeros([2, 3], np.int32))",
    "push_full": "push(push(empty(most=1), r(2, 3)), r(2, 3))",
    "push_to_two": "push(tf.stack([empty(), empty()]), r(2, 3))",
    "pop_empty": "pop(empty())[1]",
    "pop_dtype": "pop(push(empty(), r(2, 3)), t=tf.int32)[1]",
    "pop_unset": "pop(reserve(-1))[1]",
    "pop_unset_partly_known": "pop(reserve([2, -1]))[1]",
    "get_unset": "get(reserve(-1), 0)",
    "get_unset_partly_known": "get(reserve([2, -1]), 0)",
    "get_shape": "get(reserve([2, -1]), 0, [3, -1])",
    "get_shape_hidden": "get(reserve([2, -1]), 0, hidden([3, -1]))",
    "get_rank": "get(reserve([2]), 0, [2, 3])",
    "get_rank_hidden": "get(reserve([2]), 0, hidden([2, 3]))",
    "get_outside": "get(reserve(), 3)",
    "get_negative": "get(reserve(), -1)",
    "get_dtype": "get(reserve(), 0, t=tf.int32)",
    "get_dtype_hidden": "get(nobody(reserve()), 0, t=tf.int32)",
    "set_outside": "put(reserve(), 3, r(2, 3))",
    "set_negative": "put(reserve(), -1, r(2, 3))",
    "set_shape": "put(reserve(), 0, r(2, 4))",
    "set_shape_hidden": "put(reserve(hidden([2, 3])), 0, r(2, 4))",
    "set_dtype": "put(reserve(), 0, np.zeros([2, 3], np.int32))",
    "stack_number": "stack(reserve(), n=4)",
    "stack_unset": "stack(reserve(-1))",
    "stack_nothing": "stack(reserve(-1, 0))",
    "stack_nothing_partly_known": "stack(reserve(-1, 0), [2, -1])",
    "stack_shape": "stack(reserve([2, -1]), [3, -1])",
    "stack_shape_hidden": "stack(reserve([2, -1]), hidden([3, -1]))",
    "stack_shapes": "stack(put(put(reserve(-1, 2), 0, r(2)), 1, r(3)))",
    "stack_other_shape": "stack(put(reserve(-1, 1), 0, r(2)), [3])",
    "stack_dtype": "stack(reserve(), t=tf.int32)",
    "stack_dtype_hidden": "stack(nobody(reserve()), t=tf.int32)",
    "from_shape": "rows(r(4, 2, 3), [-1, 4])",
    "from_shape_hidden": "rows(r(4, 2, 3), hidden([-1, 4]))",
    "from_scalar": "rows(r(), -1)",
    "gather_outside": "gather(rows(r(4, 2), [2]), [4])",
    "gather_negative": "gather(rows(r(4, 2), [2]), [-1])",
    "gather_dtype": "gather(rows(r(4, 2), [2]), [1], t=tf.int32)",
    "gather_dtype_hidden": "gather(nobody(rows(r(4, 2), [2])), [1], t=tf.int32)",
    "gather_shape": "gather(rows(r(4, 2), [2]), [1], [3])",
    "gather_shape_hidden": "gather(rows(r(4, 2), [2]), [1], hidden([3]))",
    "gather_unset": "gather(reserve(-1), [1])",
    "gather_shapes": "gather(put(put(reserve(-1), 0, r(2)), 1, r(3)), [0, 1])",
    "gather_nothing": "gather(reserve(-1), scalar)",
    "scatter_shape": "scatter(r(2, 3), [0, 2], [4])",
    "scatter_negative": "scatter(r(2, 3), [0, -2], [3])",
    "scatter_rows": "scatter(r(2, 3), [0], [3])",
    "scatter_scalar": "scatter(r(), [0], -1)",
    "scatter_too_short": "scatter2(r(2, 3), [0, 2], [3], 2)",
    "scatter_number": "scatter2(r(2, 3), [0, 2], [3], -2)",
    "into_dtype": "into(reserve([3], 2, tf.int32), r(2, 3), [0, 1])",
    "into_dtype_hidden": "into(nobody(reserve([3], 2, tf.int32)), r(2, 3), [0, 1])",
    "into_rows": "into(reserve([3], 2), r(2, 3), [0])",
    "into_rank": "into(reserve([3], 2), r(2, 3), hidden([[0]]))",
    "concat_shape": "concat2(two(), [-1, 3])[0]",
    "concat_shape_attr": "concat(two(), element_shape=[None, 3])[0]",
    "concat_shape_hidden": "concat2(two(), hidden([-1, 3]))[0]",
    "concat_first": "concat2(push(empty(-1), r(1, 2)), [2, 2])[0]",
    "concat_dtype": "concat(two(), tf.int32)[0]",
    "concat_dtype_hidden": "concat(nobody(two()), tf.int32)[0]",
    "concat_nothing": "concat2(empty(-1))[0]",
    "concat_nothing_partly_known": "concat2(empty([3, -1]))[0]",
    "concat_unset": "concat2(reserve(-1, 2))[0]",
    "concat_unset_lengths": "concat2(reserve([-1, 3], 2))[0]",
    "concat_scalars": "concat2(rows(r(3), scalar))[0]",
    "concat_scalars_hidden": "concat2(rows(r(3), hidden(-1)))[0]",
    "concat_shapes": "concat2(push(push(empty(-1), r(1, 2)), r(3, 3)))[0]",
    "join_ranks": "join(two(), reserve([2], 1))",
    "join_shapes": "size(join(two(), two(-1)))",
    "join_dtype": "join(two(), reserve([2], 1, tf.int32))",
    "join_dtype_attr": "join(two(), two(), tf.int32)",
    "join_dtype_hidden": "size(join(nobody(two()), nobody(two()), tf.int32))",
    "join_batch": "join(tf.stack([two(), two()]), two())",
    "split_shape": "split(r(4, 2), [-1, 3], [1, 3])",
    "split_shape_hidden": "split(r(4, 2), hidden([-1, 3]), [1, 3])",
    "split_rank": "split(r(4, 2), [2], [1, 3])",
    "split_unused": "split(r(4, 2), -1, [1, 2])",
    "split_too_long": "split(r(4, 2), -1, [1, 4])",
    "split_negative": "split(r(4, 2), -1, [-1, 5])",
    "split_scalar": "split(r(), -1, [1])",
    "split_lengths": "split(r(4, 2), -1, 4)",
    "split_lengths_hidden": "split(r(4, 2), -1, tf.placeholder_with_default(np.array([[4]], np.int64), None))",
    "resize_negative": "resize(reserve(), -1)",
    "resize_vector": "resize(reserve(), [1])",
    "batch_number": "batch(tf.stack([empty(), empty()]), r(3, 2, 3))",
    "batch_dtype": "batch(tf.stack([empty(), empty()]), np.zeros([2, 2, 3], np.int32))",
    "batch_shape": "batch(tf.stack([empty(), empty()]), r(2, 2, 4))",
    "batch_scalar": "batch(empty(), r(2, 2, 4))",
    "sum_lengths": "tf.add_n([rows(r(3, 2), [2]), rows(r(4, 2), [2])])",
    "sum_shapes": "tf.add_n([rows(r(3, 2), [2]), rows(r(3, 3), [3])])",
    "sum_shapes_hidden": "tf.add_n([rows(r(3, 2), -1), rows(r(3, 3), hidden(-1))])",
    "sum_dtypes": "tf.add_n([rows(r(3, 2), [2]), rows(np.zeros([3, 2], np.int32), [2])])",
    "length_of_a_number": "size(tf.constant(3))",
}

SNIPPETS = {name: _PRELUDE + code for name, code in _VALUES.items()}
for _name, _code in _ERRORS.items():
    SNIPPETS["bad_" + _name] = _PRELUDE + f"got = {_code}\nfetch = getattr(got, 'op', got)"
