"""A process that steps one workload in one implementation, as it is told line by line.

    python worker_steps.py headrace|tensorflow|tensorflow2|jax|torch WORKLOAD THREADS
    python worker_steps.py limits numpy|jax THREADS

Every line of its input is a JSON command, {"do": "warm", "steps": 40} for one, and has a line of
JSON for its answer. Python 3.7 reads this file too.
"""

import json
import os
import sys
import time
import traceback

from loading import limit_threads, peak_memory


def median(values):
    """The middle one."""
    return sorted(values)[len(values) // 2]


class Steps:
    """Commands about a workload's steps."""

    def __init__(self, impl, name, threads):
        self._made = (impl, name, threads)
        self._stepper = None
        self._done = 0
        self._seconds = 0.0

    def _observed(self):
        """Make one step, and reduce its result to one number for comparison."""
        import numpy as np

        start = time.perf_counter()
        result = self._stepper.step(self._done)
        self._seconds = time.perf_counter() - start
        self._done += 1
        if self._stepper.trains:
            return float(result)
        values = result if isinstance(result, list) else [result]
        return float(sum(np.square(np.asarray(v, np.float64)).sum() for v in values))

    def warm(self, steps, seconds):
        """Build, make three steps, then up to `steps` in all while `seconds` last."""
        from steppers import stepper

        start = time.perf_counter()
        self._stepper = stepper(*self._made)
        observed = [self._observed() for _ in range(3)]
        while self._done < steps and time.perf_counter() - start < seconds:
            last = time.perf_counter()
            self._step()
            self._seconds = time.perf_counter() - last
        took = time.perf_counter() - start
        return {"observed": observed, "seconds": took, "steps": self._done}

    def _step(self):
        self._stepper.step(self._done)
        self._done += 1

    def time(self, seconds, least):
        """Seconds a step: median, least and processor's, over about `seconds` of stepping."""
        # The clock and the loop cost as much as the smallest steps: several of those are one span.
        span = max(1, min(500, int(0.002 / max(self._seconds, 1e-7))))
        times = []
        processor = time.process_time()
        end = time.perf_counter() + seconds
        while len(times) < least or time.perf_counter() < end:
            start = time.perf_counter()
            for _ in range(span):
                self._step()
            times.append((time.perf_counter() - start) / span)
        processor = (time.process_time() - processor) / (span * len(times))
        self._seconds = min(times)
        return {"median": median(times), "least": min(times), "cpu": processor}

    def peak(self):
        """The most memory that the process has had."""
        return {"bytes": peak_memory()}


class Limits:
    """Commands about what the machine can do at most."""

    def __init__(self, impl):
        self._jax = impl == "jax"

    def measure(self):
        """GFLOP/s of a product of two 2048 × 2048 matrices and GB/s of a pass over 256 MB."""
        import numpy as np

        matrix = np.random.RandomState(0).standard_normal((2048, 2048)).astype(np.float32)
        source = np.ones(2**26, np.float32)
        target = np.empty_like(source)
        if self._jax:
            import jax

            there = jax.device_put(matrix)
            product = jax.jit(lambda a: a @ a)
            # Donated, since the pages of a new result would be most of the cost.
            negative = jax.jit(lambda a: -a, donate_argnums=0)
            arrays = [jax.device_put(source)]

            def multiply():
                product(there).block_until_ready()

            def copy():
                arrays.append(negative(arrays.pop()))
                arrays[0].block_until_ready()

            device = jax.devices()[0].device_kind
        else:
            device = ""

            def multiply():
                np.matmul(matrix, matrix)

            def copy():
                np.copyto(target, source)

        flops = 2 * 2048**3 / self._least(multiply) / 1e9
        return {"gemm": flops, "copy": 2 * 2**28 / self._least(copy) / 1e9, "device": device}

    @staticmethod
    def _least(function):
        times = []
        for _ in range(6):
            start = time.perf_counter()
            function()
            times.append(time.perf_counter() - start)
        return min(times[1:])


def main():
    """Answer commands until the input ends."""
    impl, name, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    # What libraries print must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    threads = limit_threads(threads)
    target = Limits(name) if impl == "limits" else Steps(impl, name, threads)
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = getattr(target, command.pop("do"))(**command)
        except Exception:
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()
