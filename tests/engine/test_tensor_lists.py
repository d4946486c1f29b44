"""TensorList: old versions keep their elements, new ones cost constant time."""

import random
import threading

import pytest

import headrace as tf
from headrace._src.core import dtypes
from headrace._src.engine.tensor_lists import TensorList


def test_every_version_keeps_its_elements():
    """Work on any version, read in any order, against plain lists that are copied."""
    source = random.Random(1)
    versions = [(TensorList(dtypes.float32, None, range(5)), list(range(5)))]
    for step in range(3000):
        newest = source.random() < 0.7
        held, plain = versions[-1] if newest else source.choice(versions)
        action = source.choice(("push", "pop", "set", "resize", "read"))
        new = list(plain)
        if action == "push":
            made = held.push_back(step)
            new.append(step)
        elif action == "pop" and plain:
            made, value = held.pop_back()
            assert value == new.pop()
        elif action == "set" and plain:
            at = source.randrange(len(plain))
            made = held.set_item(at, -step)
            new[at] = -step
        elif action == "resize":
            length = source.randrange(12)
            made = held.resize(length)
            new = new[:length] + [None] * (length - len(new))
        else:
            for at in range(len(plain)):
                assert held.get(at) == plain[at]
            continue
        assert made.length == len(new)
        versions.append((made, new))
        if step % 50 == 0:
            source.shuffle(versions)
            del versions[40:]
    for held, plain in versions:
        assert held.items() == plain


def test_the_newest_version_is_changed_in_place():
    """A loop that pushes, sets and pops never copies the elements."""
    held = TensorList(dtypes.float32, None)
    buffer = held._items
    for i in range(1000):
        held = held.push_back(i)
    for i in range(1000):
        held = held.set_item(i, -i)
    assert held._items is buffer
    for i in reversed(range(1000)):
        held, value = held.pop_back()
        assert value == -i
    assert held._items is buffer == []


@pytest.mark.slow
def test_an_old_version_does_not_see_later_work_after_a_long_chain():
    """A first version that is kept is read in constant time, and freeing a long chain is safe."""
    first = held = TensorList(dtypes.float32, None, range(4))
    for i in range(200_000):
        held = held.push_back(i)
    assert [first.get(i) for i in range(4)] == [0, 1, 2, 3]
    assert first._items is not None
    middle = held = TensorList(dtypes.float32, None, range(4))
    for i in range(200_000):
        held = held.set_item(i % 4, i)
    del held, middle


def test_threads_may_share_a_version():
    """Each thread gets its own list, whoever is first to change the shared one."""
    shared = TensorList(dtypes.float32, None, range(100))
    results = []

    def work(n):
        held = shared
        for i in range(200):
            held = held.set_item(i % 100, (n, i))
        results.append((n, held.items()))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n, items in results:
        assert items == [(n, 100 + i) for i in range(100)]
    assert shared.items() == list(range(100))


def test_lists_cannot_be_fetched():
    """As in TensorFlow 1.15, a run gives arrays."""
    with tf.Graph().as_default(), tf.Session() as session:
        flow = tf.TensorArray(tf.float32, size=1).flow
        with pytest.raises(tf.errors.InternalError, match="not convertible to numpy dtype"):
            session.run(flow)


def test_runs_of_one_plan_do_not_share_a_list():
    """What a run writes is gone in the next one."""
    with tf.Graph().as_default(), tf.Session() as session:
        i = tf.placeholder(tf.int32, [])
        array = tf.TensorArray(tf.float32, size=3, element_shape=[]).write(i, 1.0)
        stacked = array.stack()
        for n in (0, 1, 2, 0):
            expected = [0.0] * 3
            expected[n] = 1.0
            assert session.run(stacked, {i: n}).tolist() == expected
