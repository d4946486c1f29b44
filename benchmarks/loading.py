"""What every worker does first, whichever implementation it runs.

Runs on Python 3.7 too, since TensorFlow 1.15 needs it.
"""

import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def load(impl):
    """The implementation's TF1 namespace, and the seconds of its import."""
    start = time.perf_counter()
    if impl == "headrace":
        import headrace as tf
    elif impl == "tensorflow2":
        import tensorflow.compat.v1 as tf

        tf.disable_v2_behavior()
    else:
        import tensorflow as tf

        tf = tf.compat.v1
    return tf, time.perf_counter() - start


def limit_threads(count):
    """Keep this process, and the pools that it will make, on `count` cores; returns the cores.

    JAX has no setting for it, so that the scheduler's own is the one that binds all alike.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(count)
    if not hasattr(os, "sched_setaffinity"):
        return count
    cores = sorted(os.sched_getaffinity(0))[:count]
    os.sched_setaffinity(0, cores)
    return len(cores)


def peak_memory():
    """Bytes of the largest resident set that this process has had.

    `ru_maxrss` starts from the parent's at `exec`, so that Linux is asked for its own count.
    """
    try:
        with open("/proc/self/status") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass  # No /proc: another system than Linux.
    import resource
    import sys

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
