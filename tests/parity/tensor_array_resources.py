"""Snippets of 1.x's tensor arrays and stacks, which GraphDefs with gradients of loops hold."""

_HEAD = """
R = tf.raw_ops
def new(size=3, **attrs):
    attrs.setdefault('dtype', tf.float32)
    return R.TensorArrayV3(size=size, **attrs)
def write(h, i, v, f):
    return R.TensorArrayWriteV3(handle=h, index=i, value=v, flow_in=f)
def read(h, i, f, dtype=tf.float32):
    return R.TensorArrayReadV3(handle=h, index=i, flow_in=f, dtype=dtype)
def gather(h, i, f, **attrs):
    return R.TensorArrayGatherV3(handle=h, indices=tf.constant(i, tf.int32), flow_in=f,
                                 dtype=tf.float32, **attrs)
def concat(h, f, **attrs):
    return R.TensorArrayConcatV3(handle=h, flow_in=f, dtype=tf.float32, **attrs)
def scatter(h, i, v, f):
    return R.TensorArrayScatterV3(handle=h, indices=tf.constant(i, tf.int32), value=v, flow_in=f)
def split(h, v, n, f):
    return R.TensorArraySplitV3(handle=h, value=v, lengths=tf.constant(n, tf.int64), flow_in=f)
def size(h, f):
    return R.TensorArraySizeV3(handle=h, flow_in=f)
def grad(h, f, source='g'):
    return R.TensorArrayGradV3(handle=h, flow_in=f, source=source)
x = tf.placeholder(tf.float32, [2], name='x')
feed = {x: [1., 2.]}
h, f = new()
"""
_HIDDEN = {"error": "type"}

SNIPPETS = {
    "write and read": "f = write(h, 1, x, f)\nfetch = [read(h, 1, f), size(h, f)]",
    "gather": "f = write(h, 0, x, write(h, 1, x * 2., f))\nfetch = gather(h, [1, 0], f)",
    "gather nothing": "fetch = gather(h, [], f, element_shape=[2])",
    "scatter": "f = scatter(h, [2, 0], tf.stack([x, -x]), f)\nfetch = gather(h, [0, 2], f)",
    "split and concat": "f = split(h, tf.concat([x, x], 0), [1, 0, 3], f)\nfetch = list(concat(h, f))",
    "grows": "h, f = new(0, dynamic_size=True)\nf = write(h, 2, x, f)\nfetch = size(h, f)",
    "keeps": "h, f = new(clear_after_read=False)\nf = write(h, 0, x, f)\n"
    "fetch = read(h, 0, f) + read(h, 0, f)",
    "unwritten": "h, f = new(element_shape=[2])\nfetch = read(h, 0, f)",
    "gradient": "f = write(h, 0, x, f)\nf = write(h, 1, x, f)\ngh, gf = grad(h, f)\n"
    "gf = write(gh, 0, x, write(gh, 0, x, gf))\ngh2, gf2 = grad(h, gf)\n"
    "fetch = [read(gh2, 0, gf2), read(gh2, 1, gf2), size(gh, gf)]",
    "close": "f = write(h, 0, x, f)\nwith tf.control_dependencies([f]):\n"
    "    fetch = R.TensorArrayCloseV3(handle=h)",
    "write past the end": ("fetch = write(h, 5, x, f)", _HIDDEN),
    "write twice": ("fetch = write(h, 0, x, write(h, 0, x, f))", _HIDDEN),
    "write another type": "fetch = write(h, 0, 1, f)",
    "read past the end": "fetch = read(h, 7, f)",
    "read what is not there": ("fetch = read(h, 0, f)", _HIDDEN),
    "read another type": "fetch = read(h, 0, f, tf.int32)",
    "gather nothing of unknown shape": "fetch = gather(h, [], f)",
    "gather mixed shapes": "f = write(h, 0, x, write(h, 1, [1.], f))\nfetch = gather(h, [0, 1], f)",
    "concat scalars": "h, f = new(1)\nf = write(h, 0, 1., f)\nfetch = concat(h, f)[0]",
    "concat mixed shapes": "h, f = new(2)\nf = write(h, 0, [[1., 2.]], write(h, 1, [[1.]], f))\n"
    "fetch = concat(h, f)[0]",
    "concat nothing": "h, f = new(0)\nfetch = concat(h, f)[0]",
    "scatter past the end": "fetch = scatter(h, [0, 9], tf.stack([x, x]), f)",
    "split into more": "fetch = split(h, x, [1, 1], f)",
    "split wrongly": "fetch = split(h, x, [1, 1, 1], f)",
    "negative size": "fetch = new(-1)[1]",
    "stack": "s = R.StackV2(max_size=-1, elem_type=tf.float32)\n"
    "a = R.StackPushV2(handle=s, elem=x)\n"
    "with tf.control_dependencies([a]):\n    b = R.StackPushV2(handle=s, elem=x * 2.)\n"
    "with tf.control_dependencies([b]):\n    c = R.StackPopV2(handle=s, elem_type=tf.float32)\n"
    "with tf.control_dependencies([c]):\n    d = R.StackPopV2(handle=s, elem_type=tf.float32)\n"
    "with tf.control_dependencies([d]):\n    e = R.StackCloseV2(handle=s)\n"
    "with tf.control_dependencies([e]):\n    fetch = [a, b, c, tf.identity(d)]",
    "empty stack": (
        "s = R.StackV2(max_size=-1, elem_type=tf.float32)\n"
        "fetch = R.StackPopV2(handle=s, elem_type=tf.float32)",
        _HIDDEN,
    ),
    "full stack": (
        "s = R.StackV2(max_size=1, elem_type=tf.float32)\n"
        "a = R.StackPushV2(handle=s, elem=x)\n"
        "with tf.control_dependencies([a]):\n    b = R.StackPushV2(handle=s, elem=x)\n"
        "with tf.control_dependencies([b]):\n"
        "    fetch = R.StackPopV2(handle=s, elem_type=tf.float32)",
        _HIDDEN,
    ),
}
SNIPPETS = {
    name: (_HEAD + code[0], code[1]) if isinstance(code, tuple) else _HEAD + code
    for name, code in SNIPPETS.items()
}
