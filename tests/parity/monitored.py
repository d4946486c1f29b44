"""Snippets of what monitored sessions and supervisors add to graphs, and of their errors."""

_CF = {"cfv2": True}
_MODEL = """
step = tf.train.get_or_create_global_step()
x = tf.get_variable("x", [2], initializer=tf.ones_initializer())
n = tf.get_local_variable("n", [], initializer=tf.zeros_initializer())
"""
# Collections and attributes are compared as constants; a finalized graph takes none.
_SHOW = """
def told(pieces):
    tf.get_default_graph()._unsafe_unfinalize()
    for i, piece in enumerate(pieces):
        tf.constant(str(getattr(piece, "name", piece)), name="told_%d" % i)

KEYS = [tf.GraphKeys.INIT_OP, tf.GraphKeys.READY_OP, tf.GraphKeys.READY_FOR_LOCAL_INIT_OP,
        tf.GraphKeys.LOCAL_INIT_OP, tf.GraphKeys.SUMMARY_OP]

def collected():
    return [[e.name for e in tf.get_collection(key)] for key in KEYS] + [
        len(tf.get_collection(tf.GraphKeys.SAVERS)), tf.get_default_graph().finalized]
"""
_PIECES = (
    "[s.init_op, s.ready_op, s.ready_for_local_init_op, s.local_init_op, s.summary_op, "
    "s.init_fn, s.init_feed_dict]"
)

SNIPPETS = {
    "scaffold": _MODEL
    + _SHOW
    + f"s = tf.train.Scaffold().finalize()\ntold(collected() + {_PIECES})",
    "scaffold summaries": _MODEL
    + _SHOW
    + "tf.summary.scalar('a', x[0])\ntf.summary.histogram('b', x)\n"
    + f"s = tf.train.Scaffold().finalize()\ntold(collected() + {_PIECES})",
    "scaffold without variables": _SHOW + "s = tf.train.Scaffold().finalize()\ntold(collected())",
    "scaffold given": _MODEL
    + _SHOW
    + """
s = tf.train.Scaffold(init_op=tf.no_op(name="mine"), ready_op=tf.constant(["r"], name="r"),
                      local_init_op=tf.no_op(name="local"), saver=tf.train.Saver(defer_build=True))
told([s.init_op, s.ready_op, s.ready_for_local_init_op, s.summary_op])
s.finalize()
told(collected() + [s.ready_for_local_init_op])
""",
    "scaffold from collections": _MODEL
    + _SHOW
    + """
tf.add_to_collection(tf.GraphKeys.INIT_OP, tf.no_op(name="mine"))
tf.add_to_collection(tf.GraphKeys.SAVERS, tf.train.Saver(name="kept"))
s = tf.train.Scaffold().finalize()
told(collected() + [s.init_op])
""",
    "scaffold copied": _MODEL
    + _SHOW
    + f"""
one = tf.train.Scaffold(init_op=tf.no_op(name="a"), init_feed_dict={{x: 1}}, init_fn=None)
s = tf.train.Scaffold(copy_from_scaffold=one, local_init_op=tf.no_op(name="b"))
told({_PIECES})
""",
    "scaffold resource": "step = tf.train.get_or_create_global_step()\n"
    "x = tf.get_variable('x', [2], use_resource=True)\n"
    + _SHOW
    + f"s = tf.train.Scaffold().finalize()\ntold({_PIECES})",
    "scaffold default local": _MODEL + "tf.train.Scaffold.default_local_init_op()",
    "two in a collection": """
for name in "ab":
    tf.add_to_collection(tf.GraphKeys.INIT_OP, tf.no_op(name=name))
tf.train.Scaffold().finalize()
""",
    "begin hooks": (
        _MODEL
        + """
y = tf.reduce_sum(x, name="y")
for hook in [tf.train.StopAtStepHook(3), tf.train.StepCounterHook(),
             tf.train.LoggingTensorHook(["y", "x:0"], every_n_iter=1),
             tf.train.GlobalStepWaiterHook(1)]:
    hook.begin()
""",
        _CF,
    ),
    "begin hooks resource": (
        "with tf.variable_scope('', use_resource=True):\n"
        "    step = tf.train.get_or_create_global_step()\n"
        "tf.train.StopAtStepHook(3).begin()\n",
        _CF,
    ),
    "begin hook tensor": "tf.Variable(tf.constant(0, tf.int32), name='global_step')\n"
    "hook = tf.train.NanTensorHook(tf.constant(1.))\nhook.begin()",
    "monitored session": (
        _MODEL
        + _SHOW
        + """
more = tf.assign_add(step, 1)
with tf.train.MonitoredTrainingSession(hooks=[tf.train.StopAtStepHook(2)]) as sess:
    while not sess.should_stop():
        last = sess.run(more)
told([last] + collected())
""",
        _CF,
    ),
    "supervisor": _MODEL
    + _SHOW
    + """
tf.summary.scalar('a', x[0])
s = tf.train.Supervisor()
told(collected() + [s.init_op, s.ready_op, s.ready_for_local_init_op, s.summary_op, s.global_step,
                    s.summary_writer, s.save_path, s.is_chief])
""",
    "supervisor without": _SHOW
    + """
v = tf.Variable([1.], name="v")
s = tf.train.Supervisor(init_op=None, ready_op=None, local_init_op=None, summary_op=None,
                        saver=None, global_step=None)
told(collected() + [s.init_op, s.saver, s.save_model_secs])
""",
    "supervisor empty": _SHOW + "s = tf.train.Supervisor()\ntold(collected() + [s.saver])",
    "name of several": "tf.unstack([1, 2], name='u')\n"
    "tf.train.LoggingTensorHook(['u'], every_n_iter=1).begin()",
    "unknown name": "tf.train.LoggingTensorHook(['u'], every_n_iter=1).begin()",
    "no global step": "tf.train.StopAtStepHook(3).begin()",
    "not chief": "tf.Variable(1.)\ntf.train.Supervisor(is_chief=False)",
}
SNIPPETS = {
    name: (snippet[0], {"xla": False, **snippet[1]})
    if isinstance(snippet, tuple)
    else (snippet, {"xla": False})
    for name, snippet in SNIPPETS.items()
}
