"""The names of `tf.contrib.deprecated`, loaded at first use; made by scripts/gen_api.py."""

from headrace._api import namespace as _namespace

__getattr__, __dir__, __all__ = _namespace.lazy(__name__)
