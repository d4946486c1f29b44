"""The workloads of the step benchmark, one module each; Python 3.7 reads them too.

A module says the same computation three times, side by side:

- `parameters(random)` → name → array, the initial values that every implementation starts from;
  `batch(random)` → the arrays of one step's feeds; `random` is a `numpy.random.RandomState`.
- `tensorflow(tf, v, *feeds)` → what a step fetches, for every implementation of TF1;
  `v` holds the variables by parameter name.
- `jax(jax)` → a function of `(params, *feeds)`; `torch(torch, params)` → (module, function of
  feeds). `params` are `parameters`' values.

`OPTIMIZER` names the rule that makes a training step of it ("adam", "adagrad"); without one a step
is a call, and what it returns is fetched. `STATE` names the parameters that are not trained; where
there are some, functions return the loss and the new values of those.
"""

import importlib

# name → (title, what issue and README promise: ratio to the faster TensorFlow)
WORKLOADS = {
    "trivial": ("run x + 1, one feed", 15),
    "feeds": ("20 feeds × 20 fetches", 15),
    "policy": ("3-layer policy net, batch 1", 8),
    "mlp": ("MLP 784-256-256-10, batch 128, Adam", 2.0),
    "cnn": ("CNN 5×5×32, 5×5×64, 1024, batch 64, Adam", 1.5),
    "lstm": ("LSTM unrolled 28 × 128, batch 128, Adam", 1.7),
    "dynamic_rnn": ("LSTM by dynamic_rnn 28 × 128, batch 128, Adam", 2.0),
    "rnn_lengths": ("the same with lengths fed", 1.5),
    "static_rnn": ("the same by static_rnn", 1.0),
    "counting": ("while_loop of 1,000,000 additions", 50),
    "map_rows": ("map_fn over 10,000 rows", 20),
    "resnet": ("ResNet-20, 32×32×3, batch 32, Adam", 1.4),
    "vae": ("VAE 784-500-500-20, batch 128, Adam", 2.0),
    "embedding": ("embedding 20,000 × 64, sparse Adagrad", 2.0),
}
# Those whose start, until the third step is done, is measured as well.
STARTS = ("mlp", "cnn", "lstm")


def workload(name):
    """The module of a workload."""
    return importlib.import_module("workloads." + name)


def scaled(random, *shape):
    """Initial weights: normal, divided by the root of the number of inputs of one output."""
    inputs = 1
    for size in shape[:-1]:
        inputs *= size
    return (random.standard_normal(shape) / inputs**0.5).astype("float32")


def labelled(random, *shape):
    """A batch of normal features and labels out of ten."""
    features = random.standard_normal(shape).astype("float32")
    return features, random.randint(0, 10, shape[:1]).astype("int32")


def cross_entropy(jax):
    """JAX's softmax cross entropy with integer labels, averaged over the batch."""
    jnp = jax.numpy

    def mean(logits, labels):
        chosen = jnp.take_along_axis(logits, labels[:, None], axis=-1)[:, 0]
        return jnp.mean(jax.nn.logsumexp(logits, axis=-1) - chosen)

    return mean
