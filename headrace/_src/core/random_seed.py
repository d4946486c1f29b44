"""Seeds: from the graph's seed and an op's to the pair that the op's node records."""

from __future__ import annotations

from headrace._api.export import export
from headrace._src.core import graph as graph_lib

DEFAULT_GRAPH_SEED = 87654321
_MODULUS = 2**31 - 1


@export("random.get_seed", "get_seed", v2=())
def get_seed(op_seed: int | None) -> tuple[int, int] | tuple[None, None]:
    """Give the two seeds of an op that is about to be made.

    The first comes from the graph (see `tf.set_random_seed`), the second from the op. When only
    one is set, a fixed number stands in for the graph's, or the number of operations made so far
    for the op's. Both are taken modulo 2**31 - 1.

    Args:
        op_seed: Seed given for the op, or None.

    Returns:
        Two integers, or `(None, None)` when neither seed is set: the op is then seeded anew in
        every session.
    """
    graph = graph_lib.get_default_graph()
    graph_seed = graph.seed
    if graph_seed is None:
        if op_seed is None:
            return None, None
        graph_seed = DEFAULT_GRAPH_SEED
    elif op_seed is None:
        op_seed = graph.default_op_seed()
    pair = graph_seed % _MODULUS, op_seed % _MODULUS
    # A kernel takes the pair (0, 0) to mean that no seed was set.
    return (0, _MODULUS) if pair == (0, 0) else pair


def seed_attrs(op_seed: int | None) -> dict[str, int]:
    """The attrs `seed` and `seed2` of a random op."""
    seed, seed2 = get_seed(op_seed)
    return {"seed": seed or 0, "seed2": seed2 or 0}


@export("random.set_random_seed", "set_random_seed", v2=("random.set_seed",))
def set_random_seed(seed: int | None) -> None:
    """Set the default graph's seed, from which ops made later derive theirs.

    Args:
        seed: Integer, or None for a different stream in every session.
    """
    graph_lib.get_default_graph().seed = seed
