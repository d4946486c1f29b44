"""Saves a model of TensorFlow 2's own kind, with a signature, in the folder that is named."""

import sys

import tensorflow as tf


class Model(tf.Module):
    """Weights, and how often it was called."""

    def __init__(self):
        self.w = tf.Variable([[1.0, 2.0], [3.0, 4.0]], name="w")
        self.count = tf.Variable(0, name="count", trainable=False)

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
    def serve(self, x):
        self.count.assign_add(1)
        y = tf.matmul(x, self.w)
        if tf.reduce_sum(y) > 0.0:
            y = y * 2.0
        return {"y": y, "count": self.count.read_value()}


if __name__ == "__main__":
    made = Model()
    tf.saved_model.save(made, sys.argv[1], signatures={"serving_default": made.serve})
