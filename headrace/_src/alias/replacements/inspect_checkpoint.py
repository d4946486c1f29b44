"""`tensorflow.python.tools.inspect_checkpoint`: what a checkpoint holds, printed."""

from __future__ import annotations

import math
import re

from headrace._src.checkpoint.reader import NewCheckpointReader
from headrace._src.core import errors


def print_tensors_in_checkpoint_file(
    file_name: str,
    tensor_name: str | None,
    all_tensors: bool,
    all_tensor_names: bool = False,
    count_exclude_pattern: str = "",
) -> None:
    """Prints tensors of a checkpoint, and how many elements all of them have.

    What cannot be read is printed too.

    Args:
      file_name: the checkpoint.
      tensor_name: the tensor to print; nothing: a line for each tensor.
      all_tensors: whether to print all of them.
      all_tensor_names: whether to print the names of all of them.
      count_exclude_pattern: regular expression for names that are not counted.
    """
    try:
        reader = NewCheckpointReader(file_name)
        shapes = reader.get_variable_to_shape_map()
        if all_tensors or all_tensor_names:
            for key in sorted(shapes):
                print("tensor_name: ", key)
                if all_tensors:
                    print(reader.get_tensor(key))
        elif not tensor_name:
            print(reader.debug_string().decode("utf-8", "backslashreplace"))
        else:
            print("tensor_name: ", tensor_name)
            print(reader.get_tensor(tensor_name))
    except (errors.OpError, ValueError) as e:
        print(e.message if isinstance(e, errors.OpError) else e)
        return
    sizes = {key: math.prod(shape) for key, shape in shapes.items()}
    if count_exclude_pattern:
        left_out = [k for k in sizes if re.search(count_exclude_pattern, k)]
        print(
            f"# Excluding {len(left_out)} tensors ({sum(sizes.pop(k) for k in left_out)} params) "
            f"that match {count_exclude_pattern} when counting."
        )
    print(f"# Total number of params: {sum(sizes.values())}")


__all__ = ["print_tensors_in_checkpoint_file"]
