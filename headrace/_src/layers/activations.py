"""Activation functions by name: `tf.keras.activations`."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late


@export("keras.activations.linear")
def linear(x: Any) -> Any:
    """Return `x` unchanged."""
    return x


@export("keras.activations.tanh")
def tanh(x: Any) -> Tensor:
    """Compute `tanh(x)`."""
    return late.tanh(x)


@export("keras.activations.sigmoid")
def sigmoid(x: Any) -> Tensor:
    """Compute `1 / (1 + exp(-x))`."""
    return late.sigmoid(x)


@export("keras.activations.exponential")
def exponential(x: Any) -> Tensor:
    """Compute `exp(x)`."""
    return late.exp(x)


@export("keras.activations.softplus")
def softplus(x: Any) -> Tensor:
    """Compute `log(exp(x) + 1)`."""
    return getattr(late, "nn.softplus")(x)


@export("keras.activations.softsign")
def softsign(x: Any) -> Tensor:
    """Compute `x / (abs(x) + 1)`."""
    return getattr(late, "nn.softsign")(x)


@export("keras.activations.softmax")
def softmax(x: Any, axis: int = -1) -> Tensor:
    """Compute `exp(x) / sum(exp(x), axis)`.

    Args:
      x: Tensor of a float type, of rank 2 or more.
      axis: The dimension of the classes; matrices are normalized by rows in any case.

    Returns:
      A tensor of the shape and type of `x`.

    Raises:
      ValueError: Build: `x` has less than two dimensions.
    """
    rank = len(x.shape)
    if rank == 2:
        return getattr(late, "nn.softmax")(x)
    if rank < 2:
        raise ValueError(f"Cannot apply softmax to a tensor that is 1D. Received input: {x}")
    e = late.exp(x - late.reduce_max(x, axis=axis, keepdims=True))
    return e / late.reduce_sum(e, axis=axis, keepdims=True)


@export("keras.activations.elu")
def elu(x: Any, alpha: float = 1.0) -> Tensor:
    """Compute `x` where it is positive, `alpha * (exp(x) - 1)` elsewhere."""
    y = getattr(late, "nn.elu")(x)
    return y if alpha == 1 else late.where(x > 0, y, alpha * y)


@export("keras.activations.selu")
def selu(x: Any) -> Tensor:
    """Compute `1.0507 * elu(x, 1.6733)`: activations keep mean 0 and variance 1.

    Source: Klambauer et al., 2017.
    """
    return 1.0507009873554804934193349852946 * elu(x, 1.6732632423543772848170429916717)


@export("keras.activations.relu")
def relu(x: Any, alpha: float = 0.0, max_value: Any = None, threshold: float = 0) -> Tensor:
    """Compute `max(x, 0)`, or a variant of it.

    Args:
      x: Tensor of a float type.
      alpha: Slope below the threshold.
      max_value: Largest result; None for no limit.
      threshold: Elements below it count as negative: they give `alpha * (x - threshold)`.

    Returns:
      A tensor of the shape and type of `x`.
    """
    rectify = getattr(late, "nn.relu")
    negative = None
    if alpha != 0.0:
        if max_value is None and threshold == 0:
            return getattr(late, "nn.leaky_relu")(x, alpha=alpha)
        negative = rectify(-x + threshold) if threshold != 0 else rectify(-x)
    if threshold != 0:
        y = x * late.cast(late.greater(x, threshold), "float32")
    elif max_value == 6:
        y, max_value = getattr(late, "nn.relu6")(x), None
    else:
        y = rectify(x)
    if max_value is not None:
        dtype = y.dtype.base_dtype
        limit, zero = late.constant(max_value, dtype), late.constant(0.0, dtype)
        y = late.clip_by_value(y, zero, limit)
    if negative is not None:
        y -= convert_to_tensor(alpha, dtype=y.dtype.base_dtype) * negative
    return y


@export("keras.activations.hard_sigmoid")
def hard_sigmoid(x: Any) -> Tensor:
    """Compute `0.2 * x + 0.5`, cut off at 0 and 1."""
    dtype = x.dtype.base_dtype
    slope, middle = late.constant(0.2, dtype), late.constant(0.5, dtype)
    return late.clip_by_value(late.add(late.multiply(x, slope), middle), 0.0, 1.0)


_BY_NAME = {
    f.__name__: f
    for f in (
        linear,
        tanh,
        sigmoid,
        exponential,
        softplus,
        softsign,
        softmax,
        elu,
        selu,
        relu,
        hard_sigmoid,
    )
}


@export("keras.activations.serialize")
def serialize(activation: Any) -> Any:
    """Return the name of an activation function; None for None.

    Raises:
      ValueError: The object has no name.
    """
    if activation is None:
        return None
    if hasattr(activation, "get_config"):
        return {"class_name": type(activation).__name__, "config": activation.get_config()}
    if not hasattr(activation, "__name__"):
        raise ValueError("Cannot serialize", activation)
    return activation.__name__


@export("keras.activations.deserialize")
def deserialize(name: Any, custom_objects: Any = None) -> Any:
    """Find an activation function by its name.

    Args:
      name: The name.
      custom_objects: Name → function, looked at first.

    Returns:
      The function.

    Raises:
      ValueError: The name is unknown.
    """
    found = (custom_objects or {}).get(name) or _BY_NAME.get(name)
    if found is None:
        raise ValueError(f"Unknown activation function:{name}")
    return found


@export("keras.activations.get")
def get(identifier: Any) -> Any:
    """Return the activation function that a name or a function stands for.

    Args:
      identifier: A name, a function, or None for `linear`.

    Returns:
      The function.

    Raises:
      TypeError: It is nothing of these.
      ValueError: The name is unknown.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        return deserialize(identifier)
    if callable(identifier):
        return identifier
    raise TypeError(f"Could not interpret activation function identifier: {identifier!r}")
