"""`tf.keras.initializers`: the variants with Keras's defaults, and initializers by name."""

from __future__ import annotations

from typing import Any

from headrace._api.export import NAMES, export
from headrace._src.core import dtypes
from headrace._src.state import initializers, orthogonal_initializers

export("keras.initializers.Initializer", v2=())(initializers.Initializer)


@export("keras.initializers.RandomNormal", "keras.initializers.normal",
        "keras.initializers.random_normal", v2=())  # fmt: skip
class RandomNormal(initializers.RandomNormal):
    """Draws from a normal distribution, of deviation 0.05 by default."""

    def __init__(
        self, mean: Any = 0.0, stddev: Any = 0.05, seed: Any = None, dtype: Any = dtypes.float32
    ) -> None:
        super().__init__(mean=mean, stddev=stddev, seed=seed, dtype=dtype)


@export("keras.initializers.RandomUniform", "keras.initializers.uniform",
        "keras.initializers.random_uniform", v2=())  # fmt: skip
class RandomUniform(initializers.RandomUniform):
    """Draws uniformly, from -0.05 to 0.05 by default."""

    def __init__(
        self, minval: Any = -0.05, maxval: Any = 0.05, seed: Any = None, dtype: Any = dtypes.float32
    ) -> None:
        super().__init__(minval=minval, maxval=maxval, seed=seed, dtype=dtype)


@export("keras.initializers.TruncatedNormal", "keras.initializers.truncated_normal", v2=())
class TruncatedNormal(initializers.TruncatedNormal):
    """Draws from a truncated normal distribution, of deviation 0.05 by default."""

    def __init__(
        self, mean: Any = 0.0, stddev: Any = 0.05, seed: Any = None, dtype: Any = dtypes.float32
    ) -> None:
        super().__init__(mean=mean, stddev=stddev, seed=seed, dtype=dtype)


_BY_NAME: dict[str, Any] = {
    **{
        made.__name__: made
        for made in (
            initializers.Initializer,
            RandomNormal,
            RandomUniform,
            TruncatedNormal,
            initializers.UniformUnitScaling,
        )
    },
    "Zeros": initializers.Zeros,
    "Ones": initializers.Ones,
    "Constant": initializers.Constant,
    "VarianceScaling": initializers.VarianceScaling,
    "GlorotUniform": initializers.GlorotUniform,
    "GlorotNormal": initializers.GlorotNormal,
    "Identity": initializers.Identity,
    "Orthogonal": orthogonal_initializers.Orthogonal,
}


def _named(name: str, custom_objects: Any) -> Any:
    found = (custom_objects or {}).get(name) or _BY_NAME.get(name)
    found = found or NAMES.get(f"keras.initializers.{name}")
    if found is None:
        raise ValueError(f"Unknown initializer: {name}")
    return found


@export("keras.initializers.serialize", v2=())
def serialize(initializer: Any) -> Any:
    """Describe an initializer as a dict for JSON.

    Args:
      initializer: an initializer or a function.

    Returns:
      `{"class_name": ..., "config": ...}`, or the name of a function.
    """
    if initializer is None:
        return None
    if not hasattr(initializer, "get_config"):
        return initializer.__name__
    kinds = {made: name for name, made in _BY_NAME.items()}
    name = kinds.get(type(initializer), type(initializer).__name__)
    return {"class_name": name, "config": initializer.get_config()}


@export("keras.initializers.deserialize", v2=())
def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """Make the initializer that `serialize` described.

    Args:
      config: dict with `class_name` and `config`, or a name.
      custom_objects: name → initializer class or function, looked at first.

    Returns:
      An initializer.

    Raises:
      ValueError: the name is unknown.
    """
    if isinstance(config, str):
        found = _named(config, custom_objects)
        return found() if isinstance(found, type) else found
    return _named(config["class_name"], custom_objects).from_config(config["config"])


@export("keras.initializers.get", v2=())
def get(identifier: Any) -> Any:
    """Find an initializer by name, description or itself.

    Args:
      identifier: None, a dict, a name or a callable.

    Returns:
      An initializer, or None.

    Raises:
      ValueError: it is nothing of these.
    """
    if identifier is None:
        return None
    if isinstance(identifier, (dict, str)):
        if isinstance(identifier, str) and identifier.startswith(("he_", "lecun_")):
            return _named(identifier, None)()
        return deserialize(identifier)
    if callable(identifier):
        return identifier() if isinstance(identifier, type) else identifier
    raise ValueError(f"Could not interpret initializer identifier: {identifier}")
