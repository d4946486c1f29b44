"""Make `import tensorflow` find headrace.

    import headrace.alias
    headrace.alias.install()
    import tensorflow as tf

Also `headrace run SCRIPT` does this for an unmodified script.
"""

from headrace._src.alias.finder import install, installed, uninstall

__all__ = ["install", "installed", "uninstall"]
