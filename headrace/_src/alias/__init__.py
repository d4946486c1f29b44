"""Answers `import tensorflow` and what programs import below it."""
