"""Optimizers, learning rates and moving averages."""

_REF = """
w = tf.get_variable('w', initializer=np.array([[1., -2.], [3., 0.5], [-1., 4.]], np.float32))
b = tf.get_variable('b', initializer=np.array([0.5, -0.25], np.float32))
"""
_RESOURCE = "tf.get_variable_scope().set_use_resource(True)" + _REF

_DENSE = """
x = tf.constant([[1., 2., 3.], [-1., 0.5, 2.]])
loss = tf.reduce_mean(tf.square(tf.matmul(x, w) + b))
"""
_SPARSE = """
rows = tf.nn.embedding_lookup(w, [0, 2, 0])
loss = tf.reduce_sum(tf.square(rows - 1.)) + tf.reduce_sum(tf.square(tf.gather(b, [1, 1])))
"""
_STEPS = """
step = tf.train.get_or_create_global_step()
opt = {optimizer}
train = opt.minimize(loss, global_step=step)
fetch = {{'train': train, 'loss': loss}}
"""

_OPTIMIZERS = {
    "gradient_descent": "tf.train.GradientDescentOptimizer(0.1)",
    "gradient_descent_tensor": "tf.train.GradientDescentOptimizer(tf.constant(0.1) * 2., use_locking=True)",
    "momentum": "tf.train.MomentumOptimizer(0.1, 0.9)",
    "nesterov": "tf.train.MomentumOptimizer(0.05, lambda: 0.8, use_nesterov=True, name='nag')",
    "adam": "tf.train.AdamOptimizer(0.01)",
    "adam_epsilon": "tf.train.AdamOptimizer(lambda: 0.1, beta1=0.5, epsilon=0.1, use_locking=True)",
    "rmsprop": "tf.train.RMSPropOptimizer(0.1)",
    "rmsprop_centered": "tf.train.RMSPropOptimizer(0.1, decay=0.8, momentum=0.5, epsilon=1e-3, centered=True)",
    "adagrad": "tf.train.AdagradOptimizer(0.1)",
    "adagrad_da": "tf.train.AdagradDAOptimizer(0.1, step, l1_regularization_strength=0.01, l2_regularization_strength=0.1)",
    "adadelta": "tf.train.AdadeltaOptimizer(1.0)",
    "ftrl": "tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.01, l2_regularization_strength=0.1)",
    "ftrl_shrinkage": "tf.train.FtrlOptimizer(0.1, learning_rate_power=-0.3, l2_shrinkage_regularization_strength=0.2, accum_name='acc', linear_name='lin')",
    "proximal": "tf.train.ProximalGradientDescentOptimizer(0.1, l1_regularization_strength=0.01, l2_regularization_strength=0.1)",
    "proximal_adagrad": "tf.train.ProximalAdagradOptimizer(0.1, l1_regularization_strength=0.01, l2_regularization_strength=0.1)",
}

SNIPPETS = {}
for _kind, _variables in (("ref", _REF), ("resource", _RESOURCE)):
    for _how, _loss in (("dense", _DENSE), ("sparse", _SPARSE)):
        for _name, _optimizer in _OPTIMIZERS.items():
            _code = _variables + _loss + _STEPS.format(optimizer=_optimizer)
            SNIPPETS["%s_%s_%s" % (_name, _kind, _how)] = (_code, {"runs": 4})
            SNIPPETS["%s_%s_%s_state" % (_name, _kind, _how)] = (
                _code
                + """
with tf.control_dependencies([train]):
    fetch = [v.read_value() for v in tf.global_variables()]
""",
                {"runs": 3},
            )

_PAIR = _REF + _DENSE


def _both(name, code, **options):
    for kind, variables in (("ref", _REF), ("resource", _RESOURCE)):
        SNIPPETS["%s_%s" % (name, kind)] = (variables + _DENSE + code, options)


# -- The protocol of Optimizer -----------------------------------------------------------------------
_both(
    "clipped",
    """
opt = tf.train.AdamOptimizer(0.1)
pairs = opt.compute_gradients(loss)
grads, variables = zip(*pairs)
grads, norm = tf.clip_by_global_norm(grads, 1.0)
train = opt.apply_gradients(zip(grads, variables), global_step=tf.train.create_global_step(), name='apply')
fetch = [train, norm]
""",
    runs=3,
)
_both(
    "clipped_by_value",
    """
opt = tf.train.GradientDescentOptimizer(0.1)
pairs = [(tf.clip_by_value(g, -1., 1.), v) for g, v in opt.compute_gradients(loss, [b, w])]
train = opt.apply_gradients(pairs)
fetch = [train, loss]
""",
    runs=3,
)
for _gate in ("GATE_NONE", "GATE_OP", "GATE_GRAPH"):
    _both(
        _gate.lower(),
        "train = tf.train.MomentumOptimizer(0.1, 0.9).minimize(loss, gate_gradients=tf.train.Optimizer.%s)\n"
        "fetch = [train, loss]\n" % _gate,
        runs=2,
    )
_both(
    "minimize_options",
    """
train = tf.train.AdagradOptimizer(0.1).minimize(
    loss, var_list=[w], colocate_gradients_with_ops=True, grad_loss=tf.constant(2.),
    aggregation_method=tf.AggregationMethod.EXPERIMENTAL_TREE, name='go')
fetch = [train, loss]
""",
    runs=2,
)
_both(
    "devices",
    """
with tf.device('/cpu:0'):
    c = tf.get_variable('c', initializer=1.5)
    loss += tf.square(c)
    gs = tf.train.get_or_create_global_step()
train = tf.train.AdamOptimizer(0.1).minimize(loss, global_step=gs)
""",
)
_both(
    "two_optimizers",
    """
first = tf.train.AdamOptimizer(0.1).minimize(loss, var_list=[w])
second = tf.train.AdamOptimizer(0.2).minimize(loss, var_list=[b])
third = tf.train.MomentumOptimizer(0.1, 0.5, name='Adam').minimize(loss)
fetch = tf.get_collection(tf.GraphKeys.TRAIN_OP)
""",
)
_both(
    "in_scope",
    """
with tf.variable_scope('train'):
    with tf.name_scope('here'):
        train = tf.train.RMSPropOptimizer(0.1, momentum=0.3).minimize(loss)
fetch = [train, loss]
""",
    runs=2,
)
_both(
    "under_control_dependencies",
    """
noop = tf.no_op('before')
with tf.control_dependencies([noop]):
    train = tf.train.AdamOptimizer(0.1).minimize(loss)
fetch = [train, loss]
""",
)
_both(
    "slots",
    """
opt = tf.train.AdamOptimizer(0.1)
train = opt.minimize(loss)
names = tf.constant(opt.get_slot_names() + [v.name for v in opt.variables()] + [opt.get_name()])
with tf.control_dependencies([train]):
    fetch = [opt.get_slot(w, 'm').read_value(), opt.get_slot(b, 'v').read_value(), names]
nothing = tf.constant([str(opt.get_slot(w, 'x'))])
""",
)
_both(
    "custom",
    """
class Halving(tf.train.Optimizer):
    def __init__(self, rate, use_locking=False, name='Halving'):
        super(Halving, self).__init__(use_locking, name)
        self._rate = rate
    def _prepare(self):
        self._rate_t = tf.convert_to_tensor(self._call_if_callable(self._rate), name='rate')
    def _create_slots(self, var_list):
        for v in var_list:
            self._zeros_slot(v, 'count', self._name)
        self._create_non_slot_variable(2.0, 'factor', min(var_list, key=lambda v: v.name))
    def _apply_dense(self, grad, var):
        count = self.get_slot(var, 'count')
        factor = self._get_non_slot_variable('factor', graph=var.graph)
        counted = count.assign_add(tf.ones_like(count))
        with tf.control_dependencies([counted]):
            return var.assign_sub(self._rate_t * grad / factor)
    def _resource_apply_dense(self, grad, var):
        return self._apply_dense(grad, var)
opt = Halving(lambda: 0.1)
train = opt.minimize(loss, global_step=tf.train.get_or_create_global_step())
fetch = [train, loss]
""",
    runs=3,
)
_both(
    "custom_without_slots",
    """
class Plain(tf.train.GradientDescentOptimizer):
    def _apply_dense(self, grad, var):
        return super(Plain, self)._apply_dense(tf.sign(grad), var)
    def _resource_apply_dense(self, grad, var):
        return super(Plain, self)._resource_apply_dense(tf.sign(grad), var)
train = Plain(0.5).minimize(loss)
fetch = [train, loss]
""",
    runs=3,
)
for _use in (False, True):
    _suffix = "resource" if _use else "ref"
    SNIPPETS["constraint_" + _suffix] = (
        """
w = tf.get_variable('w', initializer=np.array([[1., -2.], [3., 0.5], [-1., 4.]], np.float32), use_resource=%s,
                    constraint=lambda v: tf.clip_by_value(v, -1., 1.))
loss = tf.reduce_sum(tf.square(tf.matmul(tf.constant([[1., 2., 3.]]), w)))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
fetch = [train, loss]
"""
        % _use,
        {"runs": 3},
    )
    SNIPPETS["constraint_sparse_" + _suffix] = (
        """
w = tf.get_variable('w', [3, 2], use_resource=%s, constraint=tf.nn.relu)
loss = tf.reduce_sum(tf.gather(w, [0, 1]))
tf.train.GradientDescentOptimizer(0.1).minimize(loss)
"""
        % _use
    )
    SNIPPETS["partitioned_" + _suffix] = (
        """
w = tf.get_variable('w', [5, 2], initializer=tf.ones_initializer(), use_resource=%s,
                    partitioner=tf.fixed_size_partitioner(2))
loss = tf.reduce_sum(tf.square(tf.nn.embedding_lookup(w, [0, 4, 2, 0], partition_strategy='div')))
loss += tf.reduce_sum(tf.square(tf.convert_to_tensor(w)))
train = tf.train.AdamOptimizer(0.1).minimize(loss)
fetch = [train, loss]
"""
        % _use,
        {"runs": 3},
    )
    SNIPPETS["doubles_" + _suffix] = (
        """
w = tf.get_variable('w', [2, 3], tf.float64, tf.ones_initializer(), use_resource=%s)
h = tf.get_variable('h', [2], tf.float64, tf.ones_initializer(), use_resource=%s)
loss = tf.reduce_sum(tf.square(w)) + tf.reduce_sum(tf.square(tf.gather(h, [0, 0])))
train = [o.minimize(loss) for o in (tf.train.AdamOptimizer(0.1), tf.train.RMSPropOptimizer(0.1),
         tf.train.GradientDescentOptimizer(0.1), tf.train.FtrlOptimizer(0.1), tf.train.AdadeltaOptimizer())]
fetch = loss
"""
        % (_use, _use),
        {},
    )

_ERRORS = {
    "no_name": "tf.train.Optimizer(False, '')",
    "no_variables": "tf.train.AdamOptimizer().minimize(tf.constant(1.))",
    "no_gradients": "tf.train.AdamOptimizer().minimize(tf.constant(1.), var_list=[w])",
    "no_gradients_to_apply": "tf.train.AdamOptimizer().apply_gradients([(None, w), (None, b)])",
    "nothing_to_apply": "tf.train.AdamOptimizer().apply_gradients([])",
    "integer_loss": "tf.train.AdamOptimizer().minimize(tf.constant(1))",
    "gate": "tf.train.AdamOptimizer().minimize(loss, gate_gradients=7)",
    "update_tensor": "tf.train.GradientDescentOptimizer(0.1).minimize(loss, var_list=[x])",
    "base_class": "tf.train.Optimizer(False, 'o').minimize(loss)",
    "not_a_gradient": "tf.train.GradientDescentOptimizer(0.1).apply_gradients([(object(), w)])",
    "adagrad_start": "tf.train.AdagradOptimizer(0.1, 0.0)",
    "adagrad_da_start": "tf.train.AdagradDAOptimizer(0.1, None, -1.0)",
    "proximal_adagrad_start": "tf.train.ProximalAdagradOptimizer(0.1, 0.0)",
    "ftrl_start": "tf.train.FtrlOptimizer(0.1, initial_accumulator_value=-1.)",
    "ftrl_power": "tf.train.FtrlOptimizer(0.1, learning_rate_power=0.5)",
    "ftrl_l1": "tf.train.FtrlOptimizer(0.1, l1_regularization_strength=-0.5)",
    "piecewise_lengths": "tf.train.piecewise_constant(w, [1.], [1.])",
    "piecewise_dtypes": "tf.train.piecewise_constant(tf.constant(1.), [1], [1., 2.])",
    "piecewise_values": "tf.train.piecewise_constant(tf.constant(1), [1], [1., 2])",
    "decay_without_step": "tf.train.exponential_decay(0.1, None, 10, 0.9)",
    "ema_integers": "tf.train.ExponentialMovingAverage(0.9).apply([tf.get_variable('i', [], tf.int32)])",
}
SNIPPETS.update(("error_" + name, _PAIR + code) for name, code in _ERRORS.items())
SNIPPETS["error_not_a_gradient"] = (SNIPPETS["error_not_a_gradient"], {"error": "type"})
SNIPPETS["error_integer_loss"] = (SNIPPETS["error_integer_loss"], {"error": "type"})

# -- Learning rates ----------------------------------------------------------------------------------
_DECAYS = {
    "exponential": "tf.train.exponential_decay(0.1, step, 10, 0.9)",
    "exponential_staircase": "tf.train.exponential_decay(tf.constant(0.1), step, 10, 0.9, staircase=True, name='lr')",
    "exponential_double": "tf.train.exponential_decay(np.float64(0.1), step, 10, 0.9)",
    "natural_exp": "tf.train.natural_exp_decay(0.1, step, 10, 0.5)",
    "natural_exp_staircase": "tf.train.natural_exp_decay(0.1, step, 10, 0.5, staircase=True)",
    "inverse_time": "tf.train.inverse_time_decay(0.1, step, 10, 0.5)",
    "inverse_time_staircase": "tf.train.inverse_time_decay(0.1, step, 10, 0.5, staircase=True, name='lr')",
    "polynomial": "tf.train.polynomial_decay(0.1, step, 20, 0.01, power=2.)",
    "cosine": "tf.train.cosine_decay(0.1, step, 100, alpha=0.1)",
    "linear_cosine": "tf.train.linear_cosine_decay(0.1, step, 100, num_periods=2., alpha=0.1)",
    "noisy_linear_cosine": "tf.train.noisy_linear_cosine_decay(0.1, step, 100, initial_variance=0.5)",
}
_CONDITIONAL = {
    "polynomial_cycle": "tf.train.polynomial_decay(0.1, step, 20, 0.01, cycle=True)",
    "cosine_restarts": "tf.train.cosine_decay_restarts(0.1, step, 10, alpha=0.1, m_mul=0.9)",
    "cosine_equal_restarts": "tf.train.cosine_decay_restarts(0.1, step, 10, t_mul=1.0, name='warm')",
    "piecewise": "tf.train.piecewise_constant(step, [30, 40], [1.0, 0.5, 0.1])",
    "piecewise_one": "tf.train.piecewise_constant_decay(step, [50], [tf.constant(1.0), 0.5], name='lr')",
    "piecewise_reversed": "tf.train.piecewise_constant(step, [10, 20, 40], [1.0, 0.5, 0.1, 0.05])",
}
for _kind, _resource in (("ref", "False"), ("resource", "True")):
    _step = (
        "step = tf.get_variable('step', [], tf.int64, tf.constant_initializer(37), trainable=False, "
        "use_resource=%s)\n" % _resource
    )
    for _name, _decay in _DECAYS.items():
        SNIPPETS["decay_%s_%s" % (_name, _kind)] = _step + "fetch = " + _decay
    for _name, _decay in _CONDITIONAL.items():
        SNIPPETS["decay_%s_%s" % (_name, _kind)] = (_step + "fetch = " + _decay, {"cfv2": True})
SNIPPETS["decay_of_integer"] = "fetch = tf.train.exponential_decay(0.1, 7, 10, 0.9)"
SNIPPETS["decay_fed"] = """
step = tf.placeholder(tf.int32, [])
fetch, feed = tf.train.polynomial_decay(0.1, step, 20), {step: 30}
"""
SNIPPETS["decay_in_optimizer"] = (
    _PAIR
    + """
step = tf.train.get_or_create_global_step()
rate = tf.train.exponential_decay(0.1, step, 1, 0.5, staircase=True)
train = tf.train.MomentumOptimizer(rate, 0.9).minimize(loss, global_step=step)
fetch = [train, rate]
""",
    {"runs": 3, "nodes": True},
)

# -- Moving averages ---------------------------------------------------------------------------------
_AVERAGES = {
    "ema": """
ema = tf.train.ExponentialMovingAverage(0.9)
done = ema.apply([w, b])
with tf.control_dependencies([done]):
    fetch = [ema.average(w).read_value(), ema.average(b).read_value()]
""",
    "ema_default_variables": """
ema = tf.train.ExponentialMovingAverage(0.9, num_updates=tf.train.get_or_create_global_step(), name='average')
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.control_dependencies([train]):
    done = ema.apply()
with tf.control_dependencies([done]):
    fetch = [ema.average(w).read_value(), ema.average(b).read_value()]
names = tf.constant(sorted(ema.variables_to_restore()) + [ema.average_name(w), ema.name])
""",
    "ema_tensor": """
ema = tf.train.ExponentialMovingAverage(0.9)
done = ema.apply([loss, x])
with tf.control_dependencies([done]):
    fetch = [ema.average(loss).read_value(), ema.average(x).read_value()]
names = tf.constant([ema.average_name(loss), ema.average_name(b), str(ema.average(b))])
""",
    "ema_zero_debias": """
ema = tf.train.ExponentialMovingAverage(0.9, zero_debias=True)
done = ema.apply([loss, w])
with tf.control_dependencies([done]):
    fetch = [ema.average(loss).read_value(), ema.average(w).read_value()]
""",
    "ema_twice": """
ema = tf.train.ExponentialMovingAverage(0.9)
first = ema.apply([w])
second = ema.apply([w, b])
fetch = [first, second]
""",
    "ema_of_slots": """
opt = tf.train.AdamOptimizer(0.1)
train = opt.minimize(loss)
ema = tf.train.ExponentialMovingAverage(tf.constant(0.5))
fetch = ema.apply([opt.get_slot(w, 'm')])
names = tf.constant(sorted(ema.variables_to_restore([w])))
""",
}
for _name, _code in _AVERAGES.items():
    SNIPPETS[_name + "_resource"] = (_RESOURCE + _DENSE + _code, {"runs": 3, "cfv2": True})
    # Functional conditions cannot read a reference variable before it is initialized, in TensorFlow:
    # the nodes are compared in one form, the values in the other.
    SNIPPETS[_name + "_ref"] = (_REF + _DENSE + _code + "\nfetch = None", {"cfv2": True})
    SNIPPETS[_name + "_ref_values"] = (_REF + _DENSE + _code, {"runs": 3, "nodes": False})

# -- Update ops, directly ----------------------------------------------------------------------------
_RAW = """
def raw(op_type, *names, **rest):
    if hasattr(tf, 'raw_ops'):
        function = getattr(tf.raw_ops, op_type)
    else:
        from headrace._src.alias.replacements import raw_ops
        function = raw_ops.function(op_type)
    cells = {n: tf.get_variable(n, initializer=np.array([[1., -2.], [3., 0.5], [-1., 4.]], np.float32) * k,
                                use_resource=op_type.startswith('Resource'))
             for k, n in enumerate(names, 1)}
    given = {n: getattr(v, 'handle', v) for n, v in cells.items()}
    if 'Sparse' in op_type:
        given.update(grad=tf.constant([[0.5, -1.], [2., 0.25]]), indices=[2, 0])
    else:
        given.update(grad=tf.constant([[0.5, -1.], [2., 0.25], [-3., 1.]]))
    given.update(rest)
    done = function(**given)
    with tf.control_dependencies([done]):
        return [cells[n].read_value() for n in names]
"""
_DIRECT = {
    "AdaMax": ("'m', 'v'", "beta1_power=0.9, lr=0.1, beta1=0.9, beta2=0.99, epsilon=1e-3", "dense"),
    "AdagradV2": ("'accum'", "lr=0.1, epsilon=1e-2", "dense sparse"),
    "AddSign": ("'m'", "lr=0.1, alpha=1.5, sign_decay=0.5, beta=0.9", "dense"),
    "PowerSign": ("'m'", "lr=0.1, logbase=1.5, sign_decay=0.5, beta=0.9", "dense"),
    "KerasMomentum": ("'accum'", "lr=0.1, momentum=0.9", "resource dense sparse"),
    "Adagrad": ("'accum'", "lr=0.1, update_slots=False", "dense sparse"),
    "Adam": (
        "'m', 'v'",
        "beta1_power=0.9, beta2_power=0.99, lr=0.1, beta1=0.9, beta2=0.99, epsilon=1e-3, use_nesterov=True",
        "dense",
    ),
    "Momentum": ("'accum'", "lr=0.1, momentum=0.9, use_nesterov=True", "dense sparse"),
}
for _op, (_cells, _rest, _kinds) in _DIRECT.items():
    for _how in ("dense", "sparse"):
        for _prefix in ("", "Resource"):
            if _how not in _kinds or ("resource" in _kinds and not _prefix):
                continue
            _type = _prefix + ("Sparse" if _how == "sparse" else "") + "Apply" + _op
            _values = _RAW.replace(
                "* k,",
                "* k if n in ('var', 'm') else np.array([[1., 2.], [3., 0.5], [1., 4.]], np.float32),",
            )
            SNIPPETS["raw_" + _type] = (
                _values + "fetch = raw('%s', 'var', %s, %s)\n" % (_type, _cells, _rest),
                {"runs": 2},
            )
SNIPPETS["raw_keras_nesterov"] = (
    _RAW
    + "fetch = raw('ResourceApplyKerasMomentum', 'var', 'accum', lr=0.1, momentum=0.9, use_nesterov=True)",
    {"runs": 2},
)
SNIPPETS["raw_repeated_indices"] = (
    _RAW
    + "fetch = raw('SparseApplyMomentum', 'var', 'accum', lr=0.1, momentum=0.9, indices=[1, 1])",
    {"runs": 2},
)
SNIPPETS["raw_l1_ftrl"] = (
    _RAW
    + "fetch = raw('ApplyFtrl', 'var', 'accum', 'linear', lr=0.1, l1=2., l2=0.5, lr_power=-0.5)",
    {"runs": 1},
)
_WRONG = {
    "shape": "raw('ApplyMomentum', 'var', 'accum', lr=0.1, momentum=0.9, grad=tf.ones([2, 2]))",
    "resource_shape": "raw('ResourceApplyMomentum', 'var', 'accum', lr=0.1, momentum=0.9, grad=tf.ones([2, 2]))",
    "rate": "raw('ApplyMomentum', 'var', 'accum', lr=[0.1], momentum=0.9)",
    "sparse_shape": "raw('SparseApplyMomentum', 'var', 'accum', lr=0.1, momentum=0.9, grad=tf.ones([2, 5]))",
    "sparse_count": "raw('SparseApplyMomentum', 'var', 'accum', lr=0.1, momentum=0.9, indices=[1, 2, 0])",
    "dtype": "raw('ApplyMomentum', 'var', 'accum', lr=0.1, momentum=0.9, grad=tf.ones([3, 2], tf.float64))",
    "index": "fetch = raw('SparseApplyMomentum', 'var', 'accum', lr=0.1, momentum=0.9, indices=[1, 3])",
    "resource_index": "fetch = raw('ResourceSparseApplyMomentum', 'var', 'accum', lr=0.1, momentum=0.9, indices=[1, 3])",
}
SNIPPETS.update(("raw_error_" + name, _RAW + code) for name, code in _WRONG.items())
