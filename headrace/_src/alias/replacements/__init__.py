"""Small utilities of TensorFlow's own sources that programs import from it."""
