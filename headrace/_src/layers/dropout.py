"""Dropout: zeroes elements at random while training."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export
from headrace._src.core.convert import convert_to_tensor
from headrace._src.core.tensor import Tensor
from headrace._src.layers.base import Layer
from headrace._src.layers.conditions import smart_cond
from headrace._src.ops._late import late


@export("layers.Dropout", v2=())
class Dropout(Layer):
    """Zeroes each element with probability `rate` while training; scales up the others.

    Args:
      rate: float, share of elements to drop.
      noise_shape: shape of the noise; elements that share noise are dropped together. None in a
        place takes the size of the inputs.
      seed: op seed, see `tf.set_random_seed`.
      name: name of the layer.
      **kwargs: as for `tf.layers.Layer`.
    """

    def __init__(
        self,
        rate: Any = 0.5,
        noise_shape: Any = None,
        seed: Any = None,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.rate = rate
        self.noise_shape = noise_shape
        self.seed = seed
        self.supports_masking = True

    def _get_noise_shape(self, inputs: Any) -> Any:
        if self.noise_shape is None:
            return None
        shape = late.shape(inputs)
        sizes = [shape[i] if size is None else size for i, size in enumerate(self.noise_shape)]
        return convert_to_tensor(sizes)

    def call(self, inputs: Any, training: Any = False) -> Tensor:
        """Drop elements if `training`, a bool or a scalar bool tensor, holds."""

        def dropped() -> Tensor:
            noise_shape = self._get_noise_shape(inputs)
            drop = getattr(late, "nn.dropout")
            return drop(inputs, noise_shape=noise_shape, seed=self.seed, rate=self.rate)  # type: ignore[no-any-return]

        return smart_cond(training, dropped, lambda: late.identity(inputs))  # type: ignore[no-any-return]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the output: that of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer."""
        own = {"rate": self.rate, "noise_shape": self.noise_shape, "seed": self.seed}
        return super().get_config() | own


@export("layers.dropout", v2=(), deprecated="tf.keras.layers.Dropout")
def dropout(
    inputs: Any,
    rate: Any = 0.5,
    noise_shape: Any = None,
    seed: Any = None,
    training: Any = False,
    name: Any = None,
) -> Tensor:
    """Zero each element with probability `rate` if `training`; scale up the others.

    Args:
      inputs: tensor of a float type.
      rate: float, share of elements to drop.
      noise_shape: shape of the noise; elements that share noise are dropped together.
      seed: op seed, see `tf.set_random_seed`.
      training: bool or scalar bool tensor: False returns the inputs.
      name: name of the layer.

    Returns:
      A tensor of the shape and type of `inputs`.
    """
    layer = Dropout(rate, noise_shape=noise_shape, seed=seed, name=name)
    return layer.apply(inputs, training=training)  # type: ignore[no-any-return]
