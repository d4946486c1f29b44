"""Errors of running a graph."""

import pickle

import pytest

from headrace._src.core import errors
from headrace._src.core.origin import Origin
from tests.core import _goldens


class _Op:
    name = "resh"
    node_def = "the node"
    origin = Origin("/no/such/prog.py", 9, "main")


@pytest.mark.parametrize("expression", _goldens.cases("errors"))
def test_as_in_1_15(expression):
    _goldens.check("errors", expression)


def test_text_tells_where_the_op_was_made():
    error = errors.InvalidArgumentError(None, _Op(), "boom")
    assert str(error) == (
        "boom\n\nOriginal stack trace for 'resh':\n  File \"/no/such/prog.py\", line 9, in main\n"
    )
    assert error.message == "boom"
    assert error.node_def == "the node"


def test_text_shows_the_source_line():
    op = _Op()
    op.origin = Origin(__file__, 1, "main")
    text = str(errors.InternalError(None, op, "boom"))
    assert text.endswith('in main\n    """Errors of running a graph."""\n')


def test_op_without_a_place():
    op = _Op()
    op.origin = None
    assert str(errors.InternalError(None, op, "boom")).endswith("trace for 'resh':\n")


def test_pickle_keeps_the_text_and_drops_the_graph():
    error = errors.OutOfRangeError(None, _Op(), "end")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is errors.OutOfRangeError
    assert copy.op is None
    assert str(copy) == str(error)
    assert copy.error_code == errors.OUT_OF_RANGE


def test_repr_shows_the_message():
    assert repr(errors.AbortedError(None, None, "boom")) == "AbortedError('boom')"


def test_class_without_a_code():
    with pytest.warns(UserWarning, match="Unknown class exception"):
        code = errors.error_code_from_exception_type(ValueError)
    assert isinstance(code, errors.UnknownError)


def test_code_without_a_class():
    error = errors.make(None, None, "boom", 99)
    assert type(error) is errors.UnknownError
    assert error.error_code == 99


def test_status_context():
    with errors.raise_exception_on_not_ok_status() as status:
        assert status.code == errors.OK
    with (
        pytest.raises(errors.NotFoundError, match="gone"),
        errors.raise_exception_on_not_ok_status() as status,
    ):
        status.code, status.message = errors.NOT_FOUND, "gone"
    with pytest.raises(KeyError), errors.raise_exception_on_not_ok_status() as status:
        status.code = errors.INTERNAL
        raise KeyError
