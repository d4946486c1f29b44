"""Times the native convolutions against XLA's own and, if it is installed, PyTorch's.

    python native/bench_conv.py [--rounds N] [--threads N] [--cpu] [PART OF A LAYER'S NAME ...]

Every line is one layer and one of forward, input gradient and filter gradient; columns are GFLOP/s
by the median time, with that of the fastest round in brackets. The contestants take turns within
each round, so that whatever else the machine does hits them alike. On a machine that is busy all
the time, `taskset -c 0 python native/bench_conv.py --cpu` compares what one processor achieves.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import pathlib
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

OPERATIONS = ("forward", "input_grad", "filter_grad")
_CALL_SECONDS = 0.005


class Layer(NamedTuple):
    """A convolution of a square image with a square filter and SAME padding."""

    batch: int
    size: int
    channels: int
    kernel: int
    filters: int
    stride: int = 1
    dilation: int = 1

    @property
    def name(self) -> str:
        """A short name, as `5x5 32-64 @14 b64`."""
        extra = f" s{self.stride}" * (self.stride > 1) + f" d{self.dilation}" * (self.dilation > 1)
        sides = f"{self.kernel}x{self.kernel}{extra}"
        return f"{sides} {self.channels}-{self.filters} @{self.size} b{self.batch}"

    @property
    def out_size(self) -> int:
        """Rows and columns of the output."""
        return -(-self.size // self.stride)

    @property
    def padding(self) -> tuple[int, int]:
        """Zeros before and after each dimension."""
        reach = (self.kernel - 1) * self.dilation + 1
        total = max(0, (self.out_size - 1) * self.stride + reach - self.size)
        return total // 2, total - total // 2

    @property
    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Shapes of the input, the filter and the output."""
        return (
            (self.batch, self.size, self.size, self.channels),
            (self.kernel, self.kernel, self.channels, self.filters),
            (self.batch, self.out_size, self.out_size, self.filters),
        )

    @property
    def geometry(self) -> tuple[int, ...]:
        """The fields of ConvShape."""
        x, w, y = self.shapes
        twice = (self.stride, self.stride, self.dilation, self.dilation)
        return (*x, *w[:2], *y[1:], *twice, self.padding[0], self.padding[0])

    @property
    def flops(self) -> float:
        """Multiplications and additions of any of the three operations."""
        return 2.0 * math.prod(self.shapes[2]) * self.kernel**2 * self.channels


LAYERS = (
    Layer(64, 28, 1, 5, 32),
    Layer(64, 14, 32, 5, 64),
    Layer(32, 32, 3, 3, 16),
    Layer(32, 32, 16, 3, 16),
    Layer(32, 32, 16, 3, 32, stride=2),
    Layer(32, 32, 16, 1, 32, stride=2),
    Layer(32, 16, 32, 3, 32),
    Layer(32, 16, 32, 3, 64, stride=2),
    Layer(32, 8, 64, 3, 64),
    Layer(8, 224, 3, 7, 64, stride=2),
    Layer(8, 56, 64, 3, 64),
    Layer(8, 56, 64, 1, 256),
    Layer(8, 56, 256, 1, 64),
    Layer(8, 28, 64, 3, 64, dilation=2),
    Layer(8, 14, 256, 3, 256),
    Layer(8, 7, 512, 3, 512),
    Layer(16, 28, 20, 3, 50),
    Layer(8, 64, 64, 3, 3),
)

Run = Callable[[], Any]


def native_runs(layer: Layer, arrays: tuple[np.ndarray, ...]) -> Iterator[Run]:
    """Yield the three operations by the library, called from compiled code."""
    import jax

    from headrace._src.native import library

    x, w, dy = (jax.numpy.asarray(a) for a in arrays)
    operands = ((x, w), (dy, w), (x, dy))
    results = (layer.shapes[2], layer.shapes[0], layer.shapes[1])
    for operation, inputs, shape in zip(OPERATIONS, operands, results, strict=True):
        kernel = f"conv2d_{operation}"

        def call(*values: Any, kernel: str = kernel, shape: tuple[int, ...] = shape) -> Any:
            return library.lower(kernel, layer.geometry, shape, *values)

        compiled = jax.jit(call)
        yield lambda f=compiled, a=inputs: f(*a).block_until_ready()


def xla_runs(layer: Layer, arrays: tuple[np.ndarray, ...]) -> Iterator[Run]:
    """Yield the three operations by XLA."""
    import jax

    x, w, dy = (jax.numpy.asarray(a) for a in arrays)

    def conv(x: Any, w: Any) -> Any:
        return jax.lax.conv_general_dilated(
            x,
            w,
            (layer.stride,) * 2,
            (layer.padding,) * 2,
            rhs_dilation=(layer.dilation,) * 2,
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )

    def input_grad(dy: Any, w: Any) -> Any:
        return jax.linear_transpose(lambda x: conv(x, w), x)(dy)[0]

    def filter_grad(x: Any, dy: Any) -> Any:
        return jax.linear_transpose(lambda w: conv(x, w), w)(dy)[0]

    for function, inputs in ((conv, (x, w)), (input_grad, (dy, w)), (filter_grad, (x, dy))):
        compiled = jax.jit(function)
        yield lambda f=compiled, a=inputs: f(*a).block_until_ready()


def torch_runs(layer: Layer, arrays: tuple[np.ndarray, ...]) -> Iterator[Run]:
    """Yield the three operations by PyTorch, in its channels-last format, padded beforehand."""
    import torch

    form = torch.channels_last
    x, w, dy = (torch.from_numpy(a) for a in arrays)
    before, after = layer.padding
    given = torch.nn.functional.pad(x.permute(0, 3, 1, 2), (before, after) * 2)
    pad = [0, 0]
    if before == after:
        given, pad = x.permute(0, 3, 1, 2), [before, before]
    given = given.contiguous(memory_format=form)
    w = w.permute(3, 2, 0, 1).contiguous(memory_format=form)
    dy = dy.permute(0, 3, 1, 2)
    steps, holes = [layer.stride] * 2, [layer.dilation] * 2
    yield lambda: torch.conv2d(given, w, None, steps, pad, holes)
    for wanted in ([True, False, False], [False, True, False]):
        yield lambda wanted=wanted: torch.ops.aten.convolution_backward(
            dy, given, w, None, steps, pad, holes, False, [0, 0], 1, wanted
        )


def take_turns(
    runs: dict[str, Run], rounds: int, clock: Callable[[], float]
) -> dict[str, list[float]]:
    """Return seconds a call, round by round, for each contestant."""
    calls = {}
    for name, run in runs.items():
        run()
        start = clock()
        run()
        calls[name] = max(1, int(_CALL_SECONDS / (clock() - start)))
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            run()
            start = clock()
            for _ in range(calls[name]):
                run()
            seconds[name].append((clock() - start) / calls[name])
    return seconds


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, help="of PyTorch; XLA takes all processors")
    parser.add_argument("--cpu", action="store_true", help="count the process's processor time")
    parser.add_argument("names", nargs="*", help="parts of layer names")
    options = parser.parse_args()
    from headrace._src.native import library

    clock = time.process_time if options.cpu else time.perf_counter
    print(library.status())
    makers = {"native": native_runs, "xla": xla_runs}
    if importlib.util.find_spec("torch") is not None:
        import torch

        torch.set_num_threads(options.threads or library.host_threads())
        makers["torch"] = torch_runs
    print(f"{'GFLOP/s':28}{'':12}" + "".join(f"{name:>14}" for name in makers))
    for layer in LAYERS:
        if options.names and not any(part in layer.name for part in options.names):
            continue
        rng = np.random.default_rng(0)
        arrays = tuple(rng.standard_normal(s, np.float32) for s in layer.shapes)
        made = {name: list(maker(layer, arrays)) for name, maker in makers.items()}
        for i, operation in enumerate(OPERATIONS):
            turns = {name: runs[i] for name, runs in made.items()}
            seconds = take_turns(turns, options.rounds, clock)
            line = f"{layer.name:28}{operation:12}"
            for times in seconds.values():
                best = layer.flops / min(times) / 1e9
                line += f"{layer.flops / statistics.median(times) / 1e9:8.0f} ({best:3.0f})"
            print(line, flush=True)


if __name__ == "__main__":
    main()
