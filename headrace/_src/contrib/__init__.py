"""What users of `tf.contrib` reach for most."""
