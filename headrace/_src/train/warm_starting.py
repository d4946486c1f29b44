"""`tf.train.warm_start`: initial values from an earlier model."""

from __future__ import annotations

from typing import Any, NamedTuple

from headrace._api.export import export
from headrace._src.core import errors
from headrace._src.core.graph import get_collection
from headrace._src.core.graphkeys import GraphKeys
from headrace._src.platform import logging
from headrace._src.state.variable import Variable
from headrace._src.train import checkpoint_utils, object_names
from headrace._src.train import saveable as saveable_lib


class _VocabInfo(NamedTuple):
    new_vocab: str
    new_vocab_size: int
    num_oov_buckets: int
    old_vocab: str
    old_vocab_size: int = -1
    backup_initializer: Any = None
    axis: int = 0


@export("train.VocabInfo", v2=())
class VocabInfo(_VocabInfo):
    """How the rows or columns of a variable follow from two vocabularies.

    Args:
      new_vocab: file with the words of the new model, one a line.
      new_vocab_size: how many of them count.
      num_oov_buckets: how many rows follow for other words.
      old_vocab: file with the words of the earlier model.
      old_vocab_size: how many of them count; all by default.
      backup_initializer: initial value of rows of new words; zeros by default.
      axis: 0 for rows, 1 for columns.

    Raises:
      ValueError: another `axis`.
    """

    __slots__ = ()

    def __new__(cls, *args: Any, **kwargs: Any) -> VocabInfo:
        """Makes one; see the class."""
        made = super().__new__(cls, *args, **kwargs)
        if made.axis not in (0, 1):
            raise ValueError(
                "The only supported values for the axis argument are 0 and 1.  Provided axis: "
                f"{made.axis}"
            )
        return made


def _name_of(parts: list[Any]) -> str:
    names = list(saveable_lib.op_list_to_dict(parts))
    if len(names) > 1:
        raise TypeError(
            f"`var` = {parts} passed as arg violates the constraints.  name_to_var_dict = {names}"
        )
    return names[0]


def _grouped(wanted: Any) -> dict[str, list[Any]]:
    """Key in a checkpoint → the variable, or the slices of it."""
    if wanted is None or isinstance(wanted, str):
        logging.info("Warm-starting variables only in TRAINABLE_VARIABLES.")
        variables = get_collection(GraphKeys.TRAINABLE_VARIABLES, scope=wanted)
    elif not isinstance(wanted, list):
        raise ValueError(
            f"`vars_to_warm_start must be a `list` or `str`.  Given type is {type(wanted)}"
        )
    elif all(isinstance(v, str) for v in wanted):
        variables = [v for s in wanted for v in get_collection(GraphKeys.GLOBAL_VARIABLES, scope=s)]
    elif all(isinstance(v, Variable) for v in wanted):
        variables = wanted
    else:
        raise ValueError(
            "If `vars_to_warm_start` is a list, it must be all `Variable` or all `str`.  Given "
            f"types are {[type(v) for v in wanted]}"
        )
    grouped: dict[str, list[Any]] = {}
    for v in variables:
        grouped.setdefault(_name_of(v if isinstance(v, list) else [v]), []).append(v)
    return grouped


def _renames(where: str, names: Any) -> dict[str, str]:
    """Where the variables are in a checkpoint of `tf.train.Checkpoint`; nothing for others."""
    checkpoint = checkpoint_utils._checkpoint_of(where)
    try:
        keys = object_names.object_graph_key_mapping(checkpoint or "")
    except errors.NotFoundError:
        return {}
    missing = set(names) - keys.keys()
    if missing:
        raise ValueError(
            "Attempting to warm-start from an object-based checkpoint, but found that the "
            "checkpoint did not contain values for all variables. The following variables were "
            f"missing: {missing}"
        )
    return {name: keys[name] for name in names}


@export("train.warm_start", v2=())
def warm_start(
    ckpt_to_initialize_from: str,
    vars_to_warm_start: Any = ".*",
    var_name_to_vocab_info: Any = None,
    var_name_to_prev_var_name: Any = None,
) -> None:
    """Make the initializers of variables read the checkpoint of an earlier model.

    Args:
      ckpt_to_initialize_from: a folder, whose newest checkpoint is taken, or a checkpoint.
      vars_to_warm_start: regular expression for names of trainable variables, list of such for
        all variables, or list of variables; None for those with a vocabulary only.
      var_name_to_vocab_info: name → `VocabInfo`; must be empty.
      var_name_to_prev_var_name: name → name in the checkpoint, where they differ.

    Raises:
      ValueError: a name is not used.
      NotImplementedError: there is a vocabulary.
    """
    logging.info("Warm-starting from: %s", ckpt_to_initialize_from)
    grouped = _grouped(vars_to_warm_start)
    if var_name_to_vocab_info:
        raise NotImplementedError("headrace cannot warm-start from vocabularies yet")
    earlier = var_name_to_prev_var_name or _renames(ckpt_to_initialize_from, grouped)
    assignment: dict[str, Any] = {}
    if vars_to_warm_start:
        for name, parts in grouped.items():
            assignment[earlier.get(name) or name] = parts[0] if len(parts) == 1 else parts
    checkpoint_utils.init_from_checkpoint(ckpt_to_initialize_from, assignment)
    logging.info("Warm-started %d variables.", len(assignment))
    unused = set(earlier) - grouped.keys()
    if unused:
        raise ValueError(
            "You provided the following variables in var_name_to_prev_var_name that were not "
            f"used: {unused}.  Perhaps you misspelled them?  Here is the list of viable variable "
            f"names: {grouped.keys()}"
        )
