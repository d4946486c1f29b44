"""The files of checkpoints: both formats of TensorFlow, read and written without TensorFlow."""
