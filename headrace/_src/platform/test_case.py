"""`tf.test.TestCase`: sessions, temporary directories and assertions for tests of graphs."""

from __future__ import annotations

import contextlib
import random
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from absl.testing import absltest

from headrace._api.export import export
from headrace._src.core import default_session, errors, nest
from headrace._src.core import device as device_lib
from headrace._src.core import graph as graph_lib
from headrace._src.core.tensor import Tensor

SEED = 87654321


class CheckedThread:
    """A thread whose exceptions fail the test when it is joined."""

    def __init__(
        self, case: TestCase, target: Callable[..., Any], args: Any = None, kwargs: Any = None
    ) -> None:
        self._case = case
        self._target = target
        self._args = args or ()
        self._kwargs = kwargs or {}
        self._error: BaseException | None = None
        self._joined = False
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self._target(*self._args, **self._kwargs)
        except Exception as error:
            self._error = error

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def join(self) -> None:
        """Wait for the thread, and fail the test if it raised."""
        self._joined = True
        self._thread.join()
        if self._error is not None:
            self._case.fail(f"Error in checkedThread: {self._error}")

    def is_alive(self) -> bool:
        """Return whether the thread still runs."""
        return self._thread.is_alive()

    def check_termination(self) -> None:
        """Fail the test unless the thread was joined."""
        if not self._joined:
            self._case.fail("A checked thread was not joined.")


@export("test.TestCase")
class TestCase(absltest.TestCase):
    """A unit test that starts with an empty default graph and a fixed graph seed.

    Values compared by the `assertAll...` methods may be arrays, lists, or tensors (which are run).
    """

    def __init__(self, methodName: str = "runTest") -> None:
        super().__init__(methodName)
        self._threads: list[CheckedThread] = []
        self._tempdir: str | None = None
        self._cached_session: Any = None

    def setUp(self) -> None:
        """Reset the default graph and all seeds."""
        self._close_cached_session()
        random.seed(SEED)
        np.random.seed(SEED)
        graph_lib.reset_default_graph()
        graph_lib.get_default_graph().seed = SEED

    def tearDown(self) -> None:
        """Close the cached session."""
        for thread in self._threads:
            thread.check_termination()
        self._close_cached_session()

    def _close_cached_session(self) -> None:
        if self._cached_session is not None:
            self._cached_session.close()
            self._cached_session = None

    def get_temp_dir(self) -> str:
        """Return a directory of this test's own."""
        if self._tempdir is None:
            self._tempdir = tempfile.mkdtemp(dir=absltest.get_default_test_tmpdir())
        return self._tempdir

    # -- sessions --------------------------------------------------------------------------------

    @contextlib.contextmanager
    def session(
        self, graph: Any = None, config: Any = None, use_gpu: bool = False, force_gpu: bool = False
    ) -> Iterator[Any]:
        """Open a session as the default one, with ops on the CPU unless a GPU is asked for."""
        with new_session(graph, config, force_gpu) as session:
            with self._entered(session, use_gpu, force_gpu):
                yield session

    @contextlib.contextmanager
    def cached_session(
        self, graph: Any = None, config: Any = None, use_gpu: bool = False, force_gpu: bool = False
    ) -> Iterator[Any]:
        """Enter the one session of this test, which is closed at its end."""
        if self._cached_session is None:
            self._cached_session = new_session(graph, config, force_gpu)
            self._cached_arguments = (graph, config, force_gpu)
        elif self._cached_arguments != (graph, config, force_gpu):
            raise ValueError(
                "cached_session() was called before with other arguments; use session() instead."
            )
        with self._entered(self._cached_session, use_gpu, force_gpu):
            yield self._cached_session

    @contextlib.contextmanager
    def test_session(
        self, graph: Any = None, config: Any = None, use_gpu: bool = False, force_gpu: bool = False
    ) -> Iterator[Any]:
        """Enter the test's cached session, or a new one when a graph is given."""
        if self.id().endswith(".test_session"):
            self.skipTest("Not a test.")
        if graph is not None:
            with self.session(graph, config, use_gpu, force_gpu) as session:
                yield session
            return
        if self._cached_session is None:
            self._cached_session = new_session(None, config, force_gpu)
            self._cached_arguments = (None, config, force_gpu)
        with self._entered(self._cached_session, use_gpu, force_gpu):
            yield self._cached_session

    @contextlib.contextmanager
    def _entered(self, session: Any, use_gpu: bool, force_gpu: bool) -> Iterator[None]:
        device = "/device:GPU:0" if force_gpu else None if use_gpu else "/device:CPU:0"
        with session.graph.as_default(), session.as_default():
            with session.graph.device(device) if device else contextlib.nullcontext():
                yield

    def evaluate(self, tensors: Any) -> Any:
        """Return the values of a nested structure of tensors."""
        session = default_session.get_default_session()
        if session is not None:
            return session.run(tensors)
        with self.test_session() as session:
            return session.run(tensors)

    def checkedThread(
        self, target: Callable[..., Any], args: Any = None, kwargs: Any = None
    ) -> CheckedThread:
        """Return a thread whose exceptions fail this test."""
        thread = CheckedThread(self, target, args, kwargs)
        self._threads.append(thread)
        return thread

    # -- assertions on numbers -------------------------------------------------------------------

    def _array(self, value: Any) -> np.ndarray:
        tensors = [v for v in nest.flatten(value) if isinstance(v, Tensor)]
        if tensors:
            value = self.evaluate(value)
        return np.asarray(value)

    def assertNear(self, f1: Any, f2: Any, err: Any, msg: Any = None) -> None:
        """Assert that two numbers differ by at most `err`."""
        if not (f1 == f2 or abs(f1 - f2) <= err):
            self.fail(f"{f1!r} != {f2!r} +/- {err!r}{' (' + msg + ')' if msg else ''}")

    def assertArrayNear(self, farray1: Any, farray2: Any, err: Any, msg: Any = None) -> None:
        """Assert that two sequences of numbers differ by at most `err` in each place."""
        self.assertEqual(len(farray1), len(farray2), msg=msg)
        for one, two in zip(farray1, farray2, strict=True):
            self.assertNear(float(one), float(two), err, msg=msg)

    def assertNDArrayNear(self, ndarray1: Any, ndarray2: Any, err: Any, msg: Any = None) -> None:
        """Assert that the Euclidean distance of two arrays is below `err`."""
        self.assertTrue(np.linalg.norm(ndarray1 - ndarray2) < err, msg=msg)

    def assertAllClose(
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: Any = None
    ) -> None:
        """Assert that two structures of numbers agree: `|a - b| <= atol + rtol * |b|`."""
        if isinstance(a, dict) or isinstance(b, dict):
            self.assertIsInstance(a, dict, msg)
            self.assertIsInstance(b, dict, msg)
            self.assertCountEqual(a.keys(), b.keys(), msg)
            for key in a:
                self.assertAllClose(a[key], b[key], rtol, atol, f"value of {key!r}. {msg or ''}")
            return
        if _is_ragged(a) or _is_ragged(b):
            self.assertEqual(len(a), len(b), msg)
            for one, two in zip(a, b, strict=True):
                self.assertAllClose(one, two, rtol, atol, msg)
            return
        a, b = self._array(a), self._array(b)
        self.assertEqual(
            a.shape, b.shape, f"Shape mismatch: expected {a.shape}, got {b.shape}. {msg or ''}"
        )
        wide = np.complex128 if "c" in (a.dtype.kind, b.dtype.kind) else np.float64
        np.testing.assert_allclose(
            a.astype(wide), b.astype(wide), rtol=rtol, atol=atol, err_msg=msg or ""
        )

    def assertAllCloseAccordingToType(
        self,
        a: Any,
        b: Any,
        rtol: float = 1e-6,
        atol: float = 1e-6,
        float_rtol: float = 1e-6,
        float_atol: float = 1e-6,
        half_rtol: float = 1e-3,
        half_atol: float = 1e-3,
        bfloat16_rtol: float = 1e-2,
        bfloat16_atol: float = 1e-2,
        msg: Any = None,
    ) -> None:
        """Assert that two arrays agree to the tolerance of the narrower dtype."""
        a, b = self._array(a), self._array(b)
        names = {str(a.dtype), str(b.dtype)}
        for kinds, r, t in (
            ({"float32", "complex64"}, float_rtol, float_atol),
            ({"float16"}, half_rtol, half_atol),
            ({"bfloat16"}, bfloat16_rtol, bfloat16_atol),
        ):
            if names & kinds:
                rtol, atol = max(rtol, r), max(atol, t)
        self.assertAllClose(a, b, rtol=rtol, atol=atol, msg=msg)

    def assertNotAllClose(self, a: Any, b: Any, **kwargs: Any) -> None:
        """Assert that two structures differ somewhere."""
        try:
            self.assertAllClose(a, b, **kwargs)
        except AssertionError:
            return
        raise AssertionError("The two values are close at all elements")

    def assertAllEqual(self, a: Any, b: Any, msg: Any = None) -> None:
        """Assert that two arrays have the same shape and elements (NaN equals NaN)."""
        a, b = self._array(a), self._array(b)
        if b.ndim <= 3 or b.size < 500:
            self.assertEqual(
                a.shape, b.shape, f"Shape mismatch: expected {a.shape}, got {b.shape}. {msg or ''}"
            )
        same = a == b
        if a.dtype.kind in "fc" and b.dtype.kind in "fc":
            same = np.logical_or(same, np.logical_and(np.isnan(a), np.isnan(b)))
        if not np.all(same):
            where = np.argwhere(~np.asarray(same))[:10].tolist()
            self.fail(f"Arrays differ at {where}: {a!r} != {b!r}. {msg or ''}")

    def assertNotAllEqual(self, a: Any, b: Any, msg: Any = None) -> None:
        """Assert that two arrays differ somewhere."""
        try:
            self.assertAllEqual(a, b)
        except AssertionError:
            return
        raise AssertionError(f"The two values are equal at all elements. {msg or ''}")

    def assertAllGreater(self, a: Any, comparison_target: Any) -> None:
        """Assert that every element is greater than a number."""
        self.assertGreater(np.min(self._array(a)), comparison_target)

    def assertAllLess(self, a: Any, comparison_target: Any) -> None:
        """Assert that every element is less than a number."""
        self.assertLess(np.max(self._array(a)), comparison_target)

    def assertAllGreaterEqual(self, a: Any, comparison_target: Any) -> None:
        """Assert that every element is at least a number."""
        self.assertGreaterEqual(np.min(self._array(a)), comparison_target)

    def assertAllLessEqual(self, a: Any, comparison_target: Any) -> None:
        """Assert that every element is at most a number."""
        self.assertLessEqual(np.max(self._array(a)), comparison_target)

    def assertAllInRange(
        self,
        target: Any,
        lower_bound: Any,
        upper_bound: Any,
        open_lower_bound: bool = False,
        open_upper_bound: bool = False,
    ) -> None:
        """Assert that every element lies between two numbers; open bounds are excluded."""
        target = self._array(target)
        above = target > lower_bound if open_lower_bound else target >= lower_bound
        below = target < upper_bound if open_upper_bound else target <= upper_bound
        bad = target[~(above & below)]
        if bad.size:
            left, right = "(["[not open_lower_bound], ")]"[not open_upper_bound]
            self.fail(f"{bad[:10]} not in {left}{lower_bound}, {upper_bound}{right}")

    def assertAllInSet(self, target: Any, expected_set: Any) -> None:
        """Assert that every element is a member of a set."""
        extra = set(self._array(target).ravel().tolist()) - set(expected_set)
        if extra:
            self.fail(f"elements {sorted(extra)} are not in {sorted(expected_set)}")

    # -- other assertions ------------------------------------------------------------------------

    def assertDTypeEqual(self, target: Any, expected_dtype: Any) -> None:
        """Assert the dtype of an array or tensor."""
        got = np.dtype(target.dtype.as_numpy_dtype) if isinstance(target, Tensor) else None
        self.assertEqual(got or self._array(target).dtype, np.dtype(expected_dtype))

    def assertShapeEqual(self, np_array: Any, tf_tensor: Any, msg: Any = None) -> None:
        """Assert that an array has the static shape of a tensor."""
        if not isinstance(np_array, (np.ndarray, np.generic)):
            raise TypeError("np_array must be a Numpy ndarray or Numpy scalar")
        if not isinstance(tf_tensor, Tensor):
            raise TypeError("tf_tensor must be a Tensor")
        self.assertAllEqual(np_array.shape, tf_tensor.shape.as_list(), msg=msg)

    def assertDeviceEqual(self, device1: Any, device2: Any, msg: Any = None) -> None:
        """Assert that two device names mean the same device."""
        one, two = device_lib.canonical_name(device1), device_lib.canonical_name(device2)
        self.assertEqual(one, two, f"Devices {one} and {two} are not equal. {msg or ''}")

    def assertStartsWith(self, actual: Any, expected_start: Any, msg: Any = None) -> None:
        """Assert how a text starts."""
        if not actual.startswith(expected_start):
            self.fail(f"{actual!r} does not start with {expected_start!r}. {msg or ''}")

    def assertProtoEquals(self, expected_message_maybe_ascii: Any, message: Any, msg: Any = None):
        """Assert that a message equals another one, or one given in text format."""
        expected = expected_message_maybe_ascii
        if isinstance(expected, (str, bytes)):
            from google.protobuf import text_format

            expected = text_format.Parse(expected, type(message)())
        self.assertEqual(expected, message, msg)

    @contextlib.contextmanager
    def assertRaisesWithPredicateMatch(
        self, exception_type: type[BaseException], expected_err_re_or_predicate: Any
    ) -> Iterator[None]:
        """Assert that the body raises an error that fits a predicate or a pattern."""
        wanted = expected_err_re_or_predicate
        try:
            yield
        except Exception as error:
            text = error.message if isinstance(error, errors.OpError) else str(error)
            ok = wanted(error) if callable(wanted) else re.search(wanted, _with_op(text, error))
            if not isinstance(error, exception_type) or not ok:
                raise AssertionError(f"Exception of type {type(error)}: {error}") from error
        else:
            self.fail(f"{exception_type.__name__} not raised")

    def assertRaisesOpError(self, expected_err_re_or_predicate: Any) -> Any:
        """Assert that the body raises a `tf.errors.OpError` that matches."""
        return self.assertRaisesWithPredicateMatch(errors.OpError, expected_err_re_or_predicate)


def _with_op(text: str, error: Exception) -> str:
    op = getattr(error, "op", None)
    return text if op is None else f"{text}\nCaused by: {op.name}"


def _is_ragged(value: Any) -> bool:
    """Whether a list holds items of different lengths, which no array can."""
    if not isinstance(value, (list, tuple)) or not value:
        return False
    shapes = {np.shape(v) if isinstance(v, np.ndarray) else None for v in value}
    if any(isinstance(v, dict) for v in value):
        return True
    lengths = {len(v) if isinstance(v, (list, tuple)) else None for v in value}
    return len(shapes) > 1 or len(lengths) > 1


def new_session(graph: Any, config: Any, force_gpu: bool = False) -> Any:
    """Open a session on a graph; without a configuration it places softly, but on a forced GPU."""
    from headrace._src.engine.session import Session
    from headrace._src.proto import messages

    if config is None:
        config = messages.ConfigProto(allow_soft_placement=not force_gpu)
    elif force_gpu and config.allow_soft_placement:
        copy = messages.ConfigProto()
        copy.CopyFrom(config)
        copy.allow_soft_placement = False
        config = copy
    return Session("", graph, config)
