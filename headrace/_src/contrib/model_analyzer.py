"""Sizes of graphs and variables: `tf.contrib.slim.model_analyzer`."""

from __future__ import annotations

from typing import Any

from headrace._api.export import export


@export("contrib.slim.model_analyzer.tensor_description", v2=())
def tensor_description(var: Any) -> str:
    """Return dtype and shape: `(float32_ref 3x4)`."""
    return f"({var.dtype.name} {'x'.join(str(size) for size in var.shape)})"


@export("contrib.slim.model_analyzer.analyze_ops", v2=())
def analyze_ops(graph: Any, print_info: bool = False) -> int:
    """Add up the elements of all outputs in a graph.

    Args:
      graph: the graph.
      print_info: whether to print the size of each operation's outputs.

    Returns:
      The number of elements whose number is known.
    """
    if print_info:
        print("---------\nOperations: name -> (type shapes) [size]\n---------")
    total = 0
    for op in graph.get_operations():
        size = sum(output.shape.num_elements() or 0 for output in op.outputs)
        total += size
        if print_info:
            shapes = ", ".join(tensor_description(t) for t in op.outputs if t.shape)
            print(op.name, "\t->", shapes, f"[{size}]")
    return total


@export("contrib.slim.model_analyzer.analyze_vars", v2=())
def analyze_vars(variables: Any, print_info: bool = False) -> tuple[int, int]:
    """Add up the sizes of variables.

    Args:
      variables: list of variables.
      print_info: whether to print the size of each.

    Returns:
      The number of elements and of bytes.
    """
    if print_info:
        print("---------\nVariables: name (type shape) [size]\n---------")
    elements = total = 0
    for var in variables:
        size = var.shape.num_elements() or 0
        elements += size
        total += size * var.dtype.size
        if print_info:
            counts = f"[{size}, bytes: {size * var.dtype.size}]"
            print(var.name, tensor_description(var), counts)
    if print_info:
        print(f"Total size of variables: {elements}\nTotal bytes of variables: {total}")
    return elements, total
