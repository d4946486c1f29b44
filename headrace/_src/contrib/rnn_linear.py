"""A matrix product with a bias, whose variables belong to the present variable scope."""

from __future__ import annotations

from typing import Any

from headrace._src.core import dtypes, nest
from headrace._src.core.tensor import Tensor
from headrace._src.ops._late import late
from headrace._src.rnn.basic_cells import bias_add
from headrace._src.state import variable_scope as scopes
from headrace._src.state.initializers import Constant


class Linear:
    """Computes `concat(args, 1) @ kernel + bias`.

    Args:
      args: a matrix or a list of them, like those of later calls.
      output_size: number of columns of the result.
      build_bias: whether to add a bias.
      bias_initializer: initializer of the bias; zeros by default.
      kernel_initializer: initializer of the kernel; that of the scope by default.

    Raises:
      ValueError: there are none, or they are no matrices of known depth.
    """

    def __init__(
        self,
        args: Any,
        output_size: int,
        build_bias: bool = True,
        bias_initializer: Any = None,
        kernel_initializer: Any = None,
    ) -> None:
        if args is None or (nest.is_nested(args) and not args):
            raise ValueError("`args` must be specified")
        self._is_list = nest.is_nested(args)
        args = args if self._is_list else [args]
        shapes = [a.shape for a in args]
        depth = 0
        for shape in shapes:
            if shape.ndims != 2:
                raise ValueError(f"linear is expecting 2D arguments: {shapes}")
            if shape.as_list()[1] is None:
                raise ValueError(
                    f"linear expects shape[1] to be provided for shape {shape}, but saw {shape[1]}"
                )
            depth += shape.as_list()[1]
        dtype = args[0].dtype
        with scopes.variable_scope(scopes.get_variable_scope()) as outer:
            self._kernel = scopes.get_variable(
                "kernel", [depth, output_size], dtype=dtype, initializer=kernel_initializer
            )
            self._bias = None
            if not build_bias:
                return
            with scopes.variable_scope(outer) as inner:
                inner.set_partitioner(None)
                if bias_initializer is None:
                    bias_initializer = Constant(0.0, dtype=dtype)
                self._bias = scopes.get_variable(
                    "bias", [output_size], dtype=dtype, initializer=bias_initializer
                )

    def __call__(self, args: Any) -> Tensor:
        args = args if self._is_list else [args]
        if len(args) == 1:
            product = late.matmul(args[0], self._kernel)
        else:
            one = late.constant(1, dtype=dtypes.int32)
            product = late.matmul(late.concat(args, one), self._kernel)
        return product if self._bias is None else bias_add(product, self._bias)


def linear(
    args: Any,
    output_size: int,
    bias: bool,
    bias_initializer: Any = None,
    kernel_initializer: Any = None,
) -> Tensor:
    """`concat(args, 1) @ kernel + bias`, with variables of the present variable scope."""
    return Linear(args, output_size, bias, bias_initializer, kernel_initializer)(args)
