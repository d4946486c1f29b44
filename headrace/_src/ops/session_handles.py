"""Session handles: values that stay in a session between runs."""

from __future__ import annotations

from typing import Any, Final

from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dtypes, errors, scopes
from headrace._src.core.opspec import op
from headrace._src.core.tensor import Tensor
from headrace._src.ops import placeholder as placeholder_ops

_DEVICE: Final = "/job:localhost/replica:0/task:0/device:CPU:0"
_NO_GRADIENT = "a handle names a value of an earlier run"


class TensorHandle:
    """A value kept in a session: what fetching `tf.get_session_handle` gives.

    It may be fed to the placeholder of `tf.get_session_tensor` and `tf.delete_session_tensor`.
    """

    def __init__(self, handle: str, dtype: Any, session: Any) -> None:
        self._handle = handle
        self._dtype = dtype
        self._session = session

    @property
    def handle(self) -> str:
        """The name of the value in its session."""
        return self._handle

    def __str__(self) -> str:
        return self._handle

    def _headrace_handle_value(self) -> bytes:
        return self._handle.encode()

    def eval(self) -> Any:
        """Returns the value."""
        return _kept(self._session, self._handle)

    def delete(self) -> None:
        """Forgets the value.

        Raises:
          TypeError: it was forgotten already.
        """
        _kept(self._session, self._handle)
        del self._session.kept_values[self._handle]

    def get_raw_handle(self) -> str:
        """Returns the name of the value in its session."""
        return self._handle


def _kept(session: Any, handle: str) -> Any:
    try:
        return session.kept_values[handle]
    except KeyError:
        raise TypeError(f"Persistent tensor {handle} may have already been deleted.") from None


def _stored(k: Any, handle: Any, complaint: str) -> tuple[dict[str, Any], str]:
    """The session's values and the name that a handle tensor holds, checked."""
    name = handle[()] if hasattr(handle, "shape") else handle
    name = name.decode() if isinstance(name, bytes) else str(name)
    values = k.run.session.kept_values
    if name not in values:
        raise errors.InvalidArgumentError(None, None, complaint.format(name))
    return values, name


# -- GetSessionHandle ------------------------------------------------------------------------------
GetSessionHandle = op(
    "GetSessionHandle", "value: T -> handle: string", T=A.dtype(), stateful=True, host_only=True
)
GetSessionHandle.shape(lambda s, value: ())
GetSessionHandle.no_gradient(_NO_GRADIENT)


@GetSessionHandle.kernel
def _kernel_get_session_handle(k: Any, value: Any) -> Any:
    session = k.run.session
    name = f"{k.op.name};{next(session.kept_ids)};{_DEVICE}"
    session.kept_values[name] = k.own(value)
    return TensorHandle(name, k.op.attrs["T"], session)


@export("get_session_handle", v2=())
def get_session_handle(data: Any, name: str | None = None) -> Tensor:
    """Keeps the value of a tensor in the session.

    Args:
      data: the tensor.
      name: the name of the operation.

    Returns:
      A tensor; fetching it gives a `TensorHandle`.

    Raises:
      TypeError: `data` is no tensor.
    """
    if not isinstance(data, Tensor):
        raise TypeError("`data` must be of type Tensor.")
    with scopes.colocate_with(data):
        return GetSessionHandle(data, name=name)  # type: ignore[no-any-return]


def _holder(handle: Any) -> Tensor:
    """The placeholder to which a handle is fed, on the handle's device."""
    with scopes.device(str(handle).split(";")[-1]):
        return placeholder_ops.placeholder(dtypes.string)  # type: ignore[no-any-return]


# -- GetSessionTensor ------------------------------------------------------------------------------
GetSessionTensor = op(
    "GetSessionTensor",
    "handle: string -> value: dtype",
    dtype=A.dtype(),
    stateful=True,
    host_only=True,
)
GetSessionTensor.shape(lambda s, handle: None)
GetSessionTensor.no_gradient(_NO_GRADIENT)


@GetSessionTensor.kernel
def _kernel_get_session_tensor(k: Any, handle: Any) -> Any:
    values, name = _stored(k, handle, "The tensor with handle '{}' is not in the session store.")
    return values[name]


@export("get_session_tensor", v2=())
def get_session_tensor(handle: Any, dtype: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Returns a placeholder for a handle, and the tensor that the handle fed to it names.

    Args:
      handle: a handle, as text; it decides the device.
      dtype: the dtype of the value.
      name: the name of the operation.

    Returns:
      (placeholder, tensor).
    """
    holder = _holder(handle)
    with scopes.device(str(handle).split(";")[-1]):
        return holder, GetSessionTensor(holder, dtype=dtype, name=name)


# -- DeleteSessionTensor ---------------------------------------------------------------------------
DeleteSessionTensor = op("DeleteSessionTensor", "handle: string ->", stateful=True, host_only=True)
DeleteSessionTensor.shape(lambda s, handle: [])
DeleteSessionTensor.no_gradient(_NO_GRADIENT)


@DeleteSessionTensor.kernel
def _kernel_delete_session_tensor(k: Any, handle: Any) -> None:
    values, name = _stored(
        k, handle, "Failed to delete a tensor with handle '{}' in the session store."
    )
    del values[name]


@export("delete_session_tensor", v2=())
def delete_session_tensor(handle: Any, name: str | None = None) -> tuple[Tensor, Any]:
    """Returns a placeholder for a handle, and the operation that forgets the value fed to it.

    Args:
      handle: a handle, as text; it decides the device.
      name: the name of the operation.

    Returns:
      (placeholder, operation).
    """
    holder = _holder(handle)
    with scopes.device(str(handle).split(";")[-1]):
        return holder, DeleteSessionTensor(holder, name=name)
