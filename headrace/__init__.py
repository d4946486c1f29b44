"""headrace: the TensorFlow 1 programming model on NumPy and JAX.

The names are those of TensorFlow 1.15 (`headrace.placeholder`, `headrace.nn.relu`, ...); each is
loaded at its first use. `headrace.alias.install()` makes `import tensorflow` find them.
"""

from headrace._api import namespace as _namespace

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = _namespace.lazy(__name__)
