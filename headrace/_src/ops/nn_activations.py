"""Activations: rectifiers, exponential and smooth units, and their gradient ops."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._api import namespace
from headrace._api.export import export
from headrace._src.core import attrs as A
from headrace._src.core import dims, dtypes
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.dtypes import groups as G
from headrace._src.core.opspec import op
from headrace._src.core.scopes import control_dependencies, name_scope
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late


def _shape_same(s: Any, features: Any) -> Any:
    return features


def _shape_merged(s: Any, gradients: Any, features: Any) -> Any:
    return dims.merge(gradients, features)


def _zeros_like_by_shape(x: Tensor) -> Tensor:
    """Zeros made from the run-time shape: what second-order rules of piecewise linear units add."""
    return late.zeros(late.shape(x), dtype=x.dtype)


# -- Relu -----------------------------------------------------------------------------------------
Relu = op(
    "Relu",
    "features: T -> activations: T",
    T=A.dtype((*G.REAL, dtypes.qint8)),
    shape=_shape_same,
)


@Relu.kernel
def _kernel_relu(k: Any, features: Any) -> Any:
    return k.np_for(features).maximum(features, features.dtype.type(0))


@Relu.gradient
def _grad_relu(op: Any, dy: Tensor) -> Tensor:
    return ReluGrad(dy, op.outputs[0])


@export("nn.relu")
def relu(features: Any, name: str | None = None) -> Tensor:
    """Compute `max(features, 0)`.

    Args:
      features: Tensor of a real type.
      name: Name of the op.

    Returns:
      A tensor of the shape and type of `features`.
    """
    return Relu(features, name=name)


ReluGrad = op(
    "ReluGrad", "gradients: T, features: T -> backprops: T", T=G.REAL, shape=_shape_merged
)


@ReluGrad.kernel
def _kernel_relu_grad(k: Any, gradients: Any, features: Any) -> Any:
    return k.np_for(gradients, features).where(features > 0, gradients, gradients.dtype.type(0))


@ReluGrad.gradient
def _grad_relu_grad(op: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
    x = op.inputs[1]
    return ReluGrad(dy, x), _zeros_like_by_shape(x)


# -- Relu6 ----------------------------------------------------------------------------------------
Relu6 = op("Relu6", "features: T -> activations: T", T=G.REAL, shape=_shape_same)


@Relu6.kernel
def _kernel_relu6(k: Any, features: Any) -> Any:
    xp, kind = k.np_for(features), features.dtype.type
    return xp.minimum(xp.maximum(features, kind(0)), kind(6))


@Relu6.gradient
def _grad_relu6(op: Any, dy: Tensor) -> Tensor:
    return Relu6Grad(dy, op.outputs[0])


@export("nn.relu6")
def relu6(features: Any, name: str | None = None) -> Tensor:
    """Compute `min(max(features, 0), 6)`.

    Args:
      features: Tensor of a real type.
      name: Name of the op.

    Returns:
      A tensor of the shape and type of `features`.
    """
    with name_scope(name, "Relu6", [features]) as name:
        features = convert_to_tensor(features, name="features")
        return Relu6(features, name=name)


Relu6Grad = op(
    "Relu6Grad", "gradients: T, features: T -> backprops: T", T=G.REAL, shape=_shape_merged
)


@Relu6Grad.kernel
def _kernel_relu6_grad(k: Any, gradients: Any, features: Any) -> Any:
    xp = k.np_for(gradients, features)
    return xp.where((features > 0) & (features < 6), gradients, gradients.dtype.type(0))


@Relu6Grad.gradient
def _grad_relu6_grad(op: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
    x = op.inputs[1]
    return Relu6Grad(dy, x), _zeros_like_by_shape(x)


# -- LeakyRelu ------------------------------------------------------------------------------------
LeakyRelu = op(
    "LeakyRelu",
    "features: T -> activations: T",
    alpha=A.number(default=0.2),
    T=A.dtype(G.FLOAT, default=dtypes.float32),
    shape=_shape_same,
)


@LeakyRelu.kernel
def _kernel_leaky_relu(k: Any, features: Any, *, alpha: float) -> Any:
    return k.np_for(features).maximum(features, features * features.dtype.type(alpha))


@LeakyRelu.gradient
def _grad_leaky_relu(op: Any, dy: Tensor) -> Tensor:
    return LeakyReluGrad(dy, op.inputs[0], alpha=op.attrs["alpha"])


@export("nn.leaky_relu")
def leaky_relu(features: Any, alpha: float = 0.2, name: str | None = None) -> Tensor:
    """Compute `max(features, alpha * features)`.

    Args:
      features: Tensor of a float type; integers are cast to float32.
      alpha: Slope for negative values.
      name: Name of the op.

    Returns:
      A tensor of the shape of `features`.
    """
    with name_scope(name, "LeakyRelu", [features, alpha]) as name:
        features = convert_to_tensor(features, name="features")
        if features.dtype.is_integer:
            features = late.cast(features, dtypes.float32)
        if isinstance(alpha, np.ndarray):
            alpha = alpha.item()
        return LeakyRelu(features, alpha=alpha, name=name)


LeakyReluGrad = op(
    "LeakyReluGrad",
    "gradients: T, features: T -> backprops: T",
    alpha=A.number(default=0.2),
    T=A.dtype(G.FLOAT, default=dtypes.float32),
    shape=_shape_merged,
)


@LeakyReluGrad.kernel
def _kernel_leaky_relu_grad(k: Any, gradients: Any, features: Any, *, alpha: float) -> Any:
    xp = k.np_for(gradients, features)
    return xp.where(features > 0, gradients, gradients * gradients.dtype.type(alpha))


@LeakyReluGrad.gradient
def _grad_leaky_relu_grad(op: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
    x = op.inputs[1]
    return LeakyReluGrad(dy, x, alpha=op.attrs["alpha"]), _zeros_like_by_shape(x)


# -- Elu ------------------------------------------------------------------------------------------
Elu = op("Elu", "features: T -> activations: T", T=G.FLOAT, cost=10, shape=_shape_same)


@Elu.kernel
def _kernel_elu(k: Any, features: Any) -> Any:
    # exp(x) - 1 and not expm1: the rounding of 1.15.
    xp, zero = k.np_for(features), features.dtype.type(0)
    return xp.where(features < 0, xp.exp(xp.minimum(features, zero)) - 1, features)


@Elu.gradient
def _grad_elu(op: Any, dy: Tensor) -> Tensor:
    return EluGrad(dy, op.outputs[0])


@export("nn.elu")
def elu(features: Any, name: str | None = None) -> Tensor:
    """Compute `exp(features) - 1` below zero and `features` above.

    Args:
      features: Tensor of a float type.
      name: Name of the op.

    Returns:
      A tensor of the shape and type of `features`.
    """
    return Elu(features, name=name)


EluGrad = op("EluGrad", "gradients: T, outputs: T -> backprops: T", T=G.FLOAT, shape=_shape_merged)


@EluGrad.kernel
def _kernel_elu_grad(k: Any, gradients: Any, outputs: Any) -> Any:
    xp = k.np_for(gradients, outputs)
    return xp.where(outputs < 0, (outputs + 1) * gradients, gradients)


@EluGrad.gradient
def _grad_elu_grad(op: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
    y = op.inputs[1]
    first = EluGrad(dy, y)
    return first, late.where(y < 0, dy * op.inputs[0], late.zeros_like(y))


# -- Selu -----------------------------------------------------------------------------------------
_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_SCALE_ALPHA = 1.7580993408473768599402175208123

Selu = op("Selu", "features: T -> activations: T", T=G.FLOAT, shape=_shape_same)


@Selu.kernel
def _kernel_selu(k: Any, features: Any) -> Any:
    xp, kind = k.np_for(features), features.dtype.type
    below = kind(_SELU_SCALE_ALPHA) * (xp.exp(xp.minimum(features, kind(0))) - 1)
    return xp.where(features < 0, below, kind(_SELU_SCALE) * features)


@Selu.gradient
def _grad_selu(op: Any, dy: Tensor) -> Tensor:
    return SeluGrad(dy, op.outputs[0])


@export("nn.selu")
def selu(features: Any, name: str | None = None) -> Tensor:
    """Compute `scale * alpha * (exp(x) - 1)` below zero and `scale * x` above.

    `scale` (1.0507) and `alpha` (1.6733) keep activations near zero mean and unit variance.

    Args:
      features: Tensor of a float type.
      name: Name of the op.

    Returns:
      A tensor of the shape and type of `features`.
    """
    return Selu(features, name=name)


SeluGrad = op(
    "SeluGrad", "gradients: T, outputs: T -> backprops: T", T=G.FLOAT, shape=_shape_merged
)


@SeluGrad.kernel
def _kernel_selu_grad(k: Any, gradients: Any, outputs: Any) -> Any:
    xp, kind = k.np_for(gradients, outputs), gradients.dtype.type
    below = gradients * (outputs + kind(_SELU_SCALE_ALPHA))
    return xp.where(outputs < 0, below, gradients * kind(_SELU_SCALE))


@SeluGrad.gradient
def _grad_selu_grad(op: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
    y = op.inputs[1]
    first = SeluGrad(dy, y)
    return first, late.where(y < 0.0, dy * op.inputs[0], late.zeros_like(y))


# -- Softplus -------------------------------------------------------------------------------------
Softplus = op("Softplus", "features: T -> activations: T", T=G.FLOAT, cost=15, shape=_shape_same)


@Softplus.kernel
def _kernel_softplus(k: Any, features: Any) -> Any:
    xp, zero = k.np_for(features), features.dtype.type(0)
    return xp.maximum(features, zero) + xp.log1p(xp.exp(-abs(features)))


@Softplus.gradient
def _grad_softplus(op: Any, dy: Tensor) -> Tensor:
    return dy * late.sigmoid(op.inputs[0])


@export("nn.softplus", "math.softplus")
def softplus(features: Any, name: str | None = None) -> Tensor:
    """Compute `log(exp(features) + 1)`.

    Args:
      features: Tensor of a float type.
      name: Name of the op.

    Returns:
      A tensor of the shape and type of `features`.
    """
    return Softplus(features, name=name)


SoftplusGrad = op(
    "SoftplusGrad", "gradients: T, features: T -> backprops: T", T=G.FLOAT, shape=_shape_merged
)


@SoftplusGrad.kernel
def _kernel_softplus_grad(k: Any, gradients: Any, features: Any) -> Any:
    xp = k.np_for(gradients, features)
    decay = xp.exp(-abs(features))
    return gradients * xp.where(features >= 0, 1 / (1 + decay), decay / (1 + decay))


@SoftplusGrad.gradient
def _grad_softplus_grad(op: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
    gradients, x = op.inputs
    with control_dependencies([dy]):
        first = SoftplusGrad(dy, x)
        return first, dy * gradients / (late.exp(-x) + 2.0 + late.exp(x))


# -- Softsign -------------------------------------------------------------------------------------
Softsign = op("Softsign", "features: T -> activations: T", T=G.FLOAT, shape=_shape_same)


@Softsign.kernel
def _kernel_softsign(k: Any, features: Any) -> Any:
    return features / (1 + abs(features))


@Softsign.gradient
def _grad_softsign(op: Any, dy: Tensor) -> Tensor:
    return SoftsignGrad(dy, op.inputs[0])


@export("nn.softsign", "math.softsign")
def softsign(features: Any, name: str | None = None) -> Tensor:
    """Compute `features / (abs(features) + 1)`.

    Args:
      features: Tensor of a float type.
      name: Name of the op.

    Returns:
      A tensor of the shape and type of `features`.
    """
    return Softsign(features, name=name)


SoftsignGrad = op(
    "SoftsignGrad", "gradients: T, features: T -> backprops: T", T=G.FLOAT, shape=_shape_merged
)


@SoftsignGrad.kernel
def _kernel_softsign_grad(k: Any, gradients: Any, features: Any) -> Any:
    reach = 1 + abs(features)
    return gradients / (reach * reach)


SoftsignGrad.no_gradient("1.15 has no rule", undefined=True)


# -- Functions without an op of their own ---------------------------------------------------------


@export("nn.crelu", v2=())
def crelu(features: Any, name: str | None = None, axis: int = -1) -> Tensor:
    """Concatenate `relu(features)` and `relu(-features)`.

    Args:
      features: Tensor of a real type.
      name: Name of the op.
      axis: Dimension to concatenate along.

    Returns:
      A tensor like `features` with dimension `axis` twice as long.
    """
    with name_scope(name, "CRelu", [features]) as name:
        features = convert_to_tensor(features, name="features")
        both = late.concat([features, -features], axis, name=name)
        return Relu(both)


@export(v2=("nn.crelu",))
def crelu_v2(features: Any, axis: int = -1, name: str | None = None) -> Tensor:
    """Concatenate `relu(features)` and `relu(-features)` along `axis`."""
    return crelu(features, name=name, axis=axis)


@export("math.log_sigmoid", "log_sigmoid", v2=("math.log_sigmoid",))
def log_sigmoid(x: Any, name: str | None = None) -> Tensor:
    """Compute `log(1 / (1 + exp(-x)))`, as `-softplus(-x)`.

    Args:
      x: Tensor of a float type.
      name: Name of the op.

    Returns:
      A tensor of the shape and type of `x`.
    """
    with name_scope(name, "LogSigmoid", [x]) as name:
        x = convert_to_tensor(x, name="x")
        return late.negative(Softplus(-x), name=name)


@export("nn.swish")
def swish(features: Any) -> Tensor:
    """Compute `features * sigmoid(features)`.

    The backward pass computes the sigmoid again and keeps only `features` alive.

    Args:
      features: Tensor of a float type.

    Returns:
      A tensor of the shape and type of `features`.
    """
    # The decorator lives above the op families, so its public name is looked up.
    custom_gradient = namespace.lookup("1", "", "custom_gradient", "headrace")
    return custom_gradient(_swish)(features)


def _swish(features: Tensor) -> tuple[Tensor, Any]:
    features = convert_to_tensor(features, name="features")

    def grad(dy: Tensor) -> Tensor:
        with control_dependencies([dy]):
            gate = late.sigmoid(features)
        return dy * (gate * (1.0 + features * (1.0 - gate)))

    return features * late.sigmoid(features), grad
