"""A workload made ready to step, in TensorFlow 1's programming model, in JAX and in PyTorch.

Each class offers `step(i)`, one step on the i-th batch as a user would write it: fresh NumPy arrays
in, the loss (or what else is asked for) out to the host. Python 3.7 reads this file too.
"""

import numpy as np
from loading import load
from workloads import workload

BATCHES = 8
RATE, BETA1, BETA2, EPSILON = 1e-4, 0.9, 0.999, 1e-8
ADAGRAD_RATE, ADAGRAD_START = 0.05, 0.1


class Data:
    """Initial values and batches of a workload, the same for every implementation."""

    def __init__(self, name):
        self.module = workload(name)
        random = np.random.RandomState(5)
        self.params = self.module.parameters(random)
        self.batches = [self.module.batch(random) for _ in range(BATCHES)]
        self.optimizer = getattr(self.module, "OPTIMIZER", None)
        self.state = getattr(self.module, "STATE", ())


class TensorFlowStepper:
    """Graph, session and feed_dict; `impl` chooses whose."""

    def __init__(self, impl, name, threads):
        tf, _ = load(impl)
        data = Data(name)
        self.graph = tf.Graph()
        with self.graph.as_default():
            # Fed, since a constant of the graph would weigh on memory more than a program's own
            # initialiser does.
            values = {
                key: tf.placeholder(tf.float32, value.shape) for key, value in data.params.items()
            }
            v = {
                key: tf.Variable(value, trainable=key not in data.state)
                for key, value in values.items()
            }
            feeds = [
                tf.placeholder(value.dtype, (None,) + value.shape[1:]) for value in data.batches[0]
            ]
            made = data.module.tensorflow(tf, v, *feeds)
            self.fetches = self._trained(tf, data, v, made) if data.optimizer else made
            start = tf.global_variables_initializer()
        self.feeds = [dict(zip(feeds, batch)) for batch in data.batches]  # noqa: B905
        self.trains = bool(data.optimizer)
        config = tf.ConfigProto(
            intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads
        )
        self.session = tf.Session(graph=self.graph, config=config)
        self.session.run(start, {values[key]: value for key, value in data.params.items()})

    @staticmethod
    def _trained(tf, data, v, made):
        loss, news = made if data.state else (made, {})
        if data.optimizer == "adam":
            optimizer = tf.train.AdamOptimizer(RATE, BETA1, BETA2, EPSILON)
        else:
            optimizer = tf.train.AdagradOptimizer(ADAGRAD_RATE, ADAGRAD_START)
        train = optimizer.minimize(loss)
        updates = [tf.assign(v[key], value) for key, value in news.items()]
        return [loss, tf.group(train, *updates)]

    def step(self, i):
        """One `Session.run`."""
        result = self.session.run(self.fetches, self.feeds[i % BATCHES])
        return result[0] if self.trains else result


class JaxStepper:
    """One jitted function with its state donated."""

    def __init__(self, name):
        import jax

        self.jax = jax
        self.data = data = Data(name)
        function = data.module.jax(jax)
        self.trains = bool(data.optimizer)
        if not self.trains:
            self._state = jax.device_put(data.params)
            self._step = jax.jit(function)
            return
        make = {"adam": self._adam, "adagrad": self._sparse_adagrad}[data.optimizer]
        self._state, update = make(function)
        self._step = jax.jit(update, donate_argnums=0)

    def _adam(self, function):
        """(state, step) for Adam by hand."""
        jax, jnp, data = self.jax, self.jax.numpy, self.data
        noisy = getattr(data.module, "OWN_NOISE", False)
        params = {k: jnp.array(v) for k, v in data.params.items() if k not in data.state}
        kept = {k: jnp.array(v) for k, v in data.params.items() if k in data.state}
        zeros = [jax.tree.map(jnp.zeros_like, params) for _ in range(2)]
        state = (params, kept, *zeros, jnp.zeros((), jnp.int32))

        def loss_of(params, kept, *inputs):
            made = function({**params, **kept}, *inputs)
            return made if data.state else (made, kept)

        def step(state, *batch):
            params, kept, m, v, t = state
            t = t + 1
            inputs = (*batch, jax.random.key(t)) if noisy else batch
            gradient = jax.value_and_grad(loss_of, has_aux=True)
            (loss, kept), g = gradient(params, kept, *inputs)
            m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, g)
            v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, g)
            rate = RATE * jnp.sqrt(1 - BETA2**t) / (1 - BETA1**t)
            params = jax.tree.map(
                lambda p, m, v: p - rate * m / (jnp.sqrt(v) + EPSILON), params, m, v
            )
            return (params, kept, m, v, t), loss

        return state, step

    def _sparse_adagrad(self, function):
        """(state, step) for Adagrad that touches only the looked up rows of one parameter."""
        jax, jnp, key = self.jax, self.jax.numpy, self.data.module.SPARSE
        params = {k: jnp.array(v) for k, v in self.data.params.items()}
        state = (params, jax.tree.map(lambda p: jnp.full_like(p, ADAGRAD_START), params))

        def step(state, ids, *rest):
            params, squares = state
            table, sums = params.pop(key), squares.pop(key)
            gradient = jax.value_and_grad(function, argnums=(0, 1))
            loss, (g, g_rows) = gradient(params, table[ids], *rest)
            squares = jax.tree.map(lambda s, g: s + g * g, squares, g)
            params = jax.tree.map(
                lambda p, s, g: p - ADAGRAD_RATE * g * jax.lax.rsqrt(s), params, squares, g
            )
            # Rows looked up twice are summed before they are squared; what pads `rows` is dropped.
            rows, at = jnp.unique(
                ids.reshape(-1), size=ids.size, fill_value=len(table), return_inverse=True
            )
            g = jax.ops.segment_sum(g_rows.reshape(ids.size, -1), at, ids.size)
            new = sums.at[rows].get(mode="clip") + g * g
            sums = sums.at[rows].set(new, mode="drop")
            table = table.at[rows].add(-ADAGRAD_RATE * g * jax.lax.rsqrt(new), mode="drop")
            return ({**params, key: table}, {**squares, key: sums}), loss

        return state, step

    def step(self, i):
        """One call of the jitted function, its result on the host."""
        batch = self.data.batches[i % BATCHES]
        if self.trains:
            self._state, loss = self._step(self._state, *batch)
            return float(loss)
        return self.jax.tree.map(np.asarray, self._step(self._state, *batch))


class TorchStepper:
    """PyTorch as it is used: eager, with the optimizers that it brings."""

    def __init__(self, name, threads):
        import torch

        torch.set_num_threads(threads)
        self.torch, self.data = torch, Data(name)
        self.trains = bool(self.data.optimizer)
        module, self.function = self.data.module.torch(torch, self.data.params)
        if self.data.optimizer == "adam":
            trained = [p for p in module.parameters() if p.requires_grad]
            self.optimizer = torch.optim.Adam(trained, RATE, (BETA1, BETA2), EPSILON)
        elif self.data.optimizer == "adagrad":
            self.optimizer = torch.optim.Adagrad(
                module.parameters(), ADAGRAD_RATE, initial_accumulator_value=ADAGRAD_START
            )

    def step(self, i):
        """Forward, and when training backward and update."""
        torch = self.torch
        batch = [torch.from_numpy(value) for value in self.data.batches[i % BATCHES]]
        if not self.data.optimizer:
            with torch.inference_mode():
                result = self.function(*batch)
            return [r.numpy() for r in result] if isinstance(result, list) else result.numpy()
        self.optimizer.zero_grad()
        loss = self.function(*batch)
        loss.backward()
        self.optimizer.step()
        return loss.item()


def stepper(impl, name, threads):
    """The stepper of an implementation for a workload."""
    if impl == "jax":
        return JaxStepper(name)
    if impl == "torch":
        return TorchStepper(name, threads)
    return TensorFlowStepper(impl, name, threads)
