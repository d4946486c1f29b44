"""Functions over elements, and functions as values: tf.map_fn, tf.scan, Defun, ..."""
