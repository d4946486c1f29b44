"""Errors of running a graph: `OpError` and one subclass for each status code.

Exception
 └─ OpError
     ├─ CancelledError          1   the run was stopped
     ├─ UnknownError            2   another system's error; any code without a class
     ├─ InvalidArgumentError    3   an input has an unacceptable value or shape
     ├─ DeadlineExceededError   4   `timeout_in_ms` passed
     ├─ NotFoundError           5   a file, key or table is not there
     ├─ AlreadyExistsError      6   something to be created is there already
     ├─ PermissionDeniedError   7   the caller may not do it
     ├─ ResourceExhaustedError  8   out of memory, disk or quota
     ├─ FailedPreconditionError 9   the state is not ready: an uninitialized variable
     ├─ AbortedError           10   a concurrent action got in the way
     ├─ OutOfRangeError        11   the end of an iterator, queue or file
     ├─ UnimplementedError     12   not supported for these types or on this device
     ├─ InternalError          13   a bug
     ├─ UnavailableError       14   a service is not reachable now; retrying may help
     ├─ DataLossError          15   a file is damaged
     └─ UnauthenticatedError   16   the caller is not known
TypeError
 └─ OperatorNotAllowedInGraphError    `if tensor:` and the like
ValueError
 └─ InaccessibleTensorError           a tensor of another function's graph
"""

from __future__ import annotations

import warnings
from typing import Any, Final

from headrace._api.export import export, export_value

_CODES: Final = {
    "OK": 0,
    "CANCELLED": 1,
    "UNKNOWN": 2,
    "INVALID_ARGUMENT": 3,
    "DEADLINE_EXCEEDED": 4,
    "NOT_FOUND": 5,
    "ALREADY_EXISTS": 6,
    "PERMISSION_DENIED": 7,
    "RESOURCE_EXHAUSTED": 8,
    "FAILED_PRECONDITION": 9,
    "ABORTED": 10,
    "OUT_OF_RANGE": 11,
    "UNIMPLEMENTED": 12,
    "INTERNAL": 13,
    "UNAVAILABLE": 14,
    "DATA_LOSS": 15,
    "UNAUTHENTICATED": 16,
}

(
    OK, CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, ALREADY_EXISTS,
    PERMISSION_DENIED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE,
    UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS, UNAUTHENTICATED,
) = _CODES.values()  # fmt: skip

for _name, _code in _CODES.items():
    export_value(_code, f"errors.{_name}")


@export("errors.OpError", "OpError", v2=("errors.OpError",))
class OpError(Exception):
    """An error raised while a graph was being run.

    Args:
      node_def: The `NodeDef` of the op that failed, or None.
      op: The `Operation` that failed, or None.
      message: What went wrong.
      error_code: One of the codes in `tf.errors`.
    """

    def __init__(self, node_def: Any, op: Any, message: str, error_code: int) -> None:
        super().__init__()
        self._node_def = node_def
        self._op = op
        self._message = message
        self._error_code = error_code

    @property
    def message(self) -> str:
        """What went wrong."""
        return self._message

    @property
    def op(self) -> Any:
        """The `Operation` that failed; None when it is not in the graph, or not known."""
        return self._op

    @property
    def node_def(self) -> Any:
        """The `NodeDef` of the op that failed, or None when no op is known."""
        if self._node_def is None and self._op is not None:
            return self._op.node_def
        return self._node_def

    @property
    def error_code(self) -> int:
        """The status code."""
        return self._error_code

    def __str__(self) -> str:
        if self._op is None:
            return self._message
        return f"{self._message}\n\nOriginal stack trace for {self._op.name!r}:\n{self._origin()}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._message!r})"

    def _origin(self) -> str:
        origin = self._op.origin
        if origin is None:
            return ""
        where = f'  File "{origin.filename}", line {origin.line}, in {origin.function}\n'
        return where + (f"    {origin.text}\n" if origin.text else "")

    def __reduce__(self) -> Any:
        # The op and its node belong to a graph of this process; the text tells where it was made.
        return _unpickled, (type(self), str(self), self._error_code)


def _unpickled(kind: type[OpError], message: str, error_code: int) -> OpError:
    error = kind.__new__(kind)
    OpError.__init__(error, None, None, message, error_code)
    return error


@export("errors.CancelledError")
class CancelledError(OpError):
    """The run was stopped: the session was closed, or a queue with `cancel_pending_enqueues`."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, CANCELLED)


@export("errors.UnknownError")
class UnknownError(OpError):
    """Something failed that does not say what it is, such as a Python function in the graph."""

    def __init__(self, node_def: Any, op: Any, message: str, error_code: Any = UNKNOWN) -> None:
        super().__init__(node_def, op, message, error_code)


@export("errors.InvalidArgumentError")
class InvalidArgumentError(OpError):
    """An op got an input whose value or shape it cannot take."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, INVALID_ARGUMENT)


@export("errors.DeadlineExceededError")
class DeadlineExceededError(OpError):
    """The time allowed for the run was over before it was done."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, DEADLINE_EXCEEDED)


@export("errors.NotFoundError")
class NotFoundError(OpError):
    """Something that was asked for is not there: a file, a key in a checkpoint, a table."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, NOT_FOUND)


@export("errors.AlreadyExistsError")
class AlreadyExistsError(OpError):
    """Something that was to be made is there already."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, ALREADY_EXISTS)


@export("errors.PermissionDeniedError")
class PermissionDeniedError(OpError):
    """The operating system or a service does not allow it."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, PERMISSION_DENIED)


@export("errors.ResourceExhaustedError")
class ResourceExhaustedError(OpError):
    """Memory, disk space or a quota is used up."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, RESOURCE_EXHAUSTED)


@export("errors.FailedPreconditionError")
class FailedPreconditionError(OpError):
    """State is not ready for the op, most often a variable that was never initialized."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, FAILED_PRECONDITION)


@export("errors.AbortedError")
class AbortedError(OpError):
    """A concurrent action made it impossible to go on; starting again may help."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, ABORTED)


@export("errors.OutOfRangeError")
class OutOfRangeError(OpError):
    """There is nothing more to read: the end of an iterator, a closed queue, a file."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, OUT_OF_RANGE)


@export("errors.UnimplementedError")
class UnimplementedError(OpError):
    """The op does not do this for these types, shapes or options."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, UNIMPLEMENTED)


@export("errors.InternalError")
class InternalError(OpError):
    """Something that must hold does not: a bug."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, INTERNAL)


@export("errors.UnavailableError")
class UnavailableError(OpError):
    """A service does not answer at present."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, UNAVAILABLE)


@export("errors.DataLossError")
class DataLossError(OpError):
    """Data is damaged beyond repair: a truncated file, a wrong checksum."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, DATA_LOSS)


@export("errors.UnauthenticatedError")
class UnauthenticatedError(OpError):
    """The caller has not proved who it is."""

    def __init__(self, node_def: Any, op: Any, message: str) -> None:
        super().__init__(node_def, op, message, UNAUTHENTICATED)


class OperatorNotAllowedInGraphError(TypeError):
    """A Python operator needs a tensor's value while the graph is being built."""


class InaccessibleTensorError(ValueError):
    """A tensor was used outside the function whose graph it belongs to."""


_CLASS_OF_CODE: Final[dict[int, type[Any]]] = {
    CANCELLED: CancelledError,
    UNKNOWN: UnknownError,
    INVALID_ARGUMENT: InvalidArgumentError,
    DEADLINE_EXCEEDED: DeadlineExceededError,
    NOT_FOUND: NotFoundError,
    ALREADY_EXISTS: AlreadyExistsError,
    PERMISSION_DENIED: PermissionDeniedError,
    RESOURCE_EXHAUSTED: ResourceExhaustedError,
    FAILED_PRECONDITION: FailedPreconditionError,
    ABORTED: AbortedError,
    OUT_OF_RANGE: OutOfRangeError,
    UNIMPLEMENTED: UnimplementedError,
    INTERNAL: InternalError,
    UNAVAILABLE: UnavailableError,
    DATA_LOSS: DataLossError,
    UNAUTHENTICATED: UnauthenticatedError,
}
_CODE_OF_CLASS: Final = {kind: code for code, kind in _CLASS_OF_CODE.items()}


@export("errors.exception_type_from_error_code", v2=())
def exception_type_from_error_code(error_code: int) -> type[OpError]:
    """Finds the exception class of a status code.

    Raises:
      KeyError: The code has none.
    """
    kind: type[OpError] = _CLASS_OF_CODE[error_code]
    return kind


@export("errors.error_code_from_exception_type", v2=())
def error_code_from_exception_type(cls: type[Exception]) -> Any:
    """Finds the status code of an exception class.

    Args:
      cls: A subclass of `OpError`.

    Returns:
      The code. For a class that has none, as in 1.15, an `UnknownError`, with a warning.
    """
    code = _CODE_OF_CLASS.get(cls)
    if code is None:
        warnings.warn("Unknown class exception", stacklevel=2)
        return UnknownError(None, None, "Unknown class exception", None)
    return code


def make(node_def: Any, op: Any, message: str, error_code: int) -> OpError:
    """Makes the error of a status code; an `UnknownError` for codes without a class."""
    kind = _CLASS_OF_CODE.get(error_code)
    if kind is None:
        return UnknownError(node_def, op, message, error_code)
    error: OpError = kind(node_def, op, message)
    return error


class Status:
    """What an action reports: a code and a message, OK at first."""

    __slots__ = ("code", "message")

    def __init__(self) -> None:
        self.code = OK
        self.message = ""


@export("errors.raise_exception_on_not_ok_status", v2=())
class raise_exception_on_not_ok_status:  # noqa: N801
    """A context that gives a status to fill in, and raises its error at the end."""

    def __enter__(self) -> Status:
        self._status = Status()
        return self._status

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if kind is None and self._status.code != OK:
            raise make(None, None, self._status.message, self._status.code)
