"""Rolling: unrolled recurrences become scans, and compute what they computed."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.extend.core import jaxpr_as_fun

from headrace._src.engine.roll import rolled

pytestmark = pytest.mark.xla


def _values(*shape):
    """Reproducible values that differ from each other."""
    return np.cos(np.arange(np.prod(shape), dtype=np.float32) * 1.7).reshape(shape) * 0.4


def _lstm(x, w, b, h, c):
    for t in range(x.shape[1]):
        gates = jnp.concatenate([x[:, t], h], 1) @ w + b
        i, j, f, o = jnp.split(gates, 4, 1)
        c = c * jax.nn.sigmoid(f + 1) + jax.nn.sigmoid(i) * jnp.tanh(j)
        h = jnp.tanh(c) * jax.nn.sigmoid(o)
    return h, c


def _lstm_loss(x, w, b, h, c):
    h, _ = _lstm(x, w, b, h, c)
    return jnp.sum(h**2)


def _two_layers(x, w, v, b, h):
    """Layer after layer, the losses of all steps added."""
    h1 = c1 = h2 = c2 = h
    loss = 0.0
    for t in range(x.shape[1]):
        h1, c1 = _lstm(x[:, t : t + 1], w, b, h1, c1)
        h2, c2 = _lstm(h1[:, None], v, b, h2, c2)
        loss = loss + jnp.mean(h2**2)
    return loss


def _gru_loss(x, wg, wc, h):
    loss = 0.0
    for t in range(x.shape[1]):
        gates = jax.nn.sigmoid(jnp.concatenate([x[:, t], h], 1) @ wg)
        u, r = jnp.split(gates, 2, 1)
        new = jnp.tanh(jnp.concatenate([x[:, t], r * h], 1) @ wc)
        h = u * h + (1 - u) * new
        loss = loss + jnp.mean(h**2)
    return loss


def _euler(x):
    for _ in range(40):
        x = x + 0.01 * jnp.sin(x) * jnp.cos(x * 2)
    return x


def _differing_literals(x):
    for t in range(32):
        x = jnp.tanh(x * (0.5 + 0.01 * t)) + np.float32(t) * 0.1 + x**2 * 0.01
    return x


def _two_steps_back(x):
    before, now = x, x * 2
    for _ in range(40):
        before, now = now, jnp.tanh(now * 0.5 - before * 0.25 + jnp.sin(now) * 0.1)
    return now


def _inner_training(w, v, x, y, x2, y2):
    def loss(w, v, x, y):
        return jnp.mean((jnp.tanh(x @ w) @ v - y) ** 2)

    for _ in range(20):
        gw, gv = jax.grad(loss, (0, 1))(w, v, x, y)
        w, v = w - 0.05 * gw, v - 0.05 * gv
    return loss(w, v, x2, y2)


def _stacked_outputs(x, w, b, h, c):
    """Every step's state is asked for, in two orders."""
    states = []
    for t in range(x.shape[1]):
        h, c = _lstm(x[:, t : t + 1], w, b, h, c)
        states.append(h)
    return jnp.stack(states, 1), jnp.concatenate(states[::-1], 1), states[3], c


def _spaced(x, y, h):
    """Rows two apart, counted down, and pieces of three, each from the middle of its array."""
    for t in range(40):
        row, piece = x[:, 2 * (39 - t) + 1], lax.slice_in_dim(y, 3 * t + 6, 3 * t + 9)
        h = jnp.tanh(h * 0.5 + row * piece.sum(0) - jnp.sin(h) * 0.1) + jnp.cos(h) * 0.01
    return h


_LSTM = (_values(3, 12, 5), _values(11, 24), _values(24), _values(3, 6), _values(3, 6) * 0)

# function, arguments, lengths of the scans it becomes.
PROGRAMS = {
    "lstm": (_lstm, _LSTM, [12]),
    "lstm gradient": (jax.value_and_grad(_lstm_loss, (1, 2)), _LSTM, [12, 11]),
    "two layers with a loss at every step": (
        jax.grad(_two_layers, (1, 2, 3)),
        (_values(3, 12, 5), _values(11, 24), _values(12, 24), _values(24), _values(3, 6)),
        None,
    ),
    "gru gradient": (
        jax.value_and_grad(_gru_loss, (1, 2)),
        (_values(4, 20, 5), _values(11, 12), _values(11, 6), _values(4, 6)),
        None,
    ),
    "states of all steps": (_stacked_outputs, _LSTM, [12]),
    "spaced rows": (_spaced, (_values(4, 85, 5), _values(130, 5), _values(4, 5)), [40]),
    "euler": (_euler, (_values(5),), [40]),
    "literals that differ": (_differing_literals, (_values(5),), [32]),
    "a value two steps old": (_two_steps_back, (_values(5),), None),
    "training inside": (
        _inner_training,
        tuple(_values(*s) for s in ((5, 8), (8, 3), (4, 5), (4, 3), (4, 5), (4, 3))),
        [20],
    ),
    "training inside, gradient": (
        jax.grad(_inner_training, (0, 1)),
        tuple(_values(*s) for s in ((5, 8), (8, 3), (4, 5), (4, 3), (4, 5), (4, 3))),
        [20, 20],
    ),
}


def _scans(closed):
    return [e.params["length"] for e in closed.jaxpr.eqns if e.primitive.name == "scan"]


def test_lists_of_an_earlier_loop_are_not_sliced():
    """The gradient reads 11 of the 12 rows of each; slicing them out would copy them."""
    closed = rolled(jax.make_jaxpr(jax.value_and_grad(_lstm_loss, (1, 2)))(*_LSTM))
    forward = next(e for e in closed.eqns if e.primitive.name == "scan")
    lists = {v for v in forward.outvars if v.aval.ndim == 3}
    taken = [e for e in closed.eqns if not lists.isdisjoint(map(id_or_var, e.invars))]
    assert len(lists) > 3
    assert any(e.primitive.name == "scan" for e in taken)
    assert all(e.outvars[0].aval.shape[0] < 11 for e in taken if e.primitive.name == "slice")
    assert not any(e.primitive.name in ("rev", "transpose", "concatenate") for e in taken)


def id_or_var(atom):
    """Literals cannot be looked up in a set."""
    return id(atom) if hasattr(atom, "val") else atom


@pytest.mark.parametrize("name", PROGRAMS)
def test_finds_the_loops(name):
    """The steps that repeat are found, forward and backward, and little else remains."""
    function, args, lengths = PROGRAMS[name]
    closed = jax.make_jaxpr(function)(*args)
    found = rolled(closed)
    assert _scans(found)
    if lengths is not None:
        assert _scans(found) == lengths
    assert [v.aval.shape for v in found.jaxpr.invars] == [v.aval.shape for v in closed.jaxpr.invars]
    assert [a.shape for a in found.out_avals] == [a.shape for a in closed.out_avals]
    assert [a.dtype for a in found.out_avals] == [a.dtype for a in closed.out_avals]
    assert len(found.jaxpr.eqns) < len(closed.jaxpr.eqns) / 2


@pytest.mark.parametrize("name", PROGRAMS)
def test_computes_the_same(name):
    """A rolled program gives what the unrolled one gives."""
    function, args, _ = PROGRAMS[name]
    closed = jax.make_jaxpr(function)(*args)
    leaves = jax.tree_util.tree_leaves(args)
    want = jaxpr_as_fun(closed)(*leaves)
    got = jax.jit(jaxpr_as_fun(rolled(closed)))(*leaves)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6)


def _independent(x):
    return jnp.stack([jnp.tanh(x * k) * jnp.cos(x + k) for k in range(40)])


def _convolutions(x, w):
    for _ in range(80):
        x = jnp.tanh(jax.lax.conv(x, w, (1, 1), "SAME")) * 0.5 + x
    return x


def _blocks(x, *weights):
    for w in weights:
        x = x + jax.nn.relu(x @ w)
    return x


def _interleaved(x):
    """Equal equations in an order without a period."""
    for t in range(60):
        x = jnp.sin(x) if (t * t) % 7 < 3 else jnp.exp(-x)
    return x


UNTOUCHED = {
    "short": (lambda x: jnp.tanh(jnp.tanh(jnp.tanh(x)) + 1), (_values(3),)),
    "steps that do not depend on each other": (_independent, (_values(3),)),
    "convolutions": (_convolutions, (_values(1, 2, 5, 5), _values(2, 2, 3, 3))),
    "weights that would be copied": (_blocks, (_values(2, 64), *[_values(64, 64)] * 6)),
    "no period": (_interleaved, (_values(3),)),
}


@pytest.mark.parametrize("name", UNTOUCHED)
def test_leaves_alone(name):
    """What would not gain is the very object that was given."""
    function, args = UNTOUCHED[name]
    closed = jax.make_jaxpr(function)(*args)
    assert rolled(closed) is closed


def test_is_deterministic():
    """The same program is always rolled in the same way."""
    function, args, _ = PROGRAMS["lstm gradient"]
    closed = jax.make_jaxpr(function)(*args)
    assert str(rolled(closed)) == str(rolled(jax.make_jaxpr(function)(*args)))


def test_a_sum_keeps_a_negative_zero():
    """A sum that starts with its first term starts with -0.0, which changes nothing."""

    def program(x):
        total = None
        for _ in range(60):
            x = jnp.sin(x) * 0.5 + x * x * 0.25
            term = x * 1.5
            total = term if total is None else total + term
        return total

    x = np.array([-0.0, 0.0, 1.0], np.float32)
    closed = jax.make_jaxpr(program)(x)
    found = rolled(closed)
    assert _scans(found)
    (want,) = jaxpr_as_fun(closed)(x)
    (got,) = jaxpr_as_fun(found)(x)
    np.testing.assert_allclose(got, want, rtol=1e-5)
    assert np.array_equal(np.signbit(got), np.signbit(want))


def test_slices_of_one_array_are_not_copied():
    """A scan reads x[:, t] from the transposed x; nothing is stacked."""
    function, args, _ = PROGRAMS["lstm"]
    found = rolled(jax.make_jaxpr(function)(*args))
    outside = [e.primitive.name for e in found.jaxpr.eqns]
    assert "concatenate" not in outside and "stack" not in outside


def test_sixty_four_bits_survive():
    """Types of 64 bits stay what they are, whatever the user's configuration."""
    with jax.enable_x64(True):
        closed = jax.make_jaxpr(_euler)(np.ones(3))
    found = rolled(closed)
    assert _scans(found) == [40]
    assert [str(a.dtype) for a in found.out_avals] == ["float64"]
