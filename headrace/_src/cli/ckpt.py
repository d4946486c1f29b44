"""`headrace ckpt`: looks into checkpoints, compares them, and renames what is in them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Any, TextIO

import numpy as np

from headrace._src.checkpoint import bundle_writer
from headrace._src.checkpoint.reader import missing, open_checkpoint
from headrace._src.cli.failure import Failure
from headrace._src.core import dtypes, errors
from headrace._src.core.dims import text as dims_text
from headrace._src.train import checkpoint_state
from headrace._src.train.object_names import _OBJECT_GRAPH


def opened(path: str) -> tuple[str, Any]:
    """The name of a checkpoint, and its reader.

    Args:
      path: the checkpoint, one of its files, or a folder, which stands for its newest checkpoint.

    Raises:
      Failure: the folder lists no checkpoint.
      NotFoundError: there is no such checkpoint.
    """
    if os.path.isdir(path):
        state = checkpoint_state.get_checkpoint_state(path)
        if state is None:
            raise Failure(f"{path} is a folder without a readable list of checkpoints")
        path = state.model_checkpoint_path
    else:
        path = re.sub(r"\.(index|meta|data-\d{5}-of-\d{5})$", "", path)
    return path, open_checkpoint(path)


def ls(path: str, out: TextIO) -> int:
    """Lists the tensors of a checkpoint: dtype, shape, bytes, name."""
    prefix, reader = opened(path)
    rows, total = [], 0
    for name in reader.names():
        dtype, shape = reader.entry(name)
        size = None if dtype == dtypes.string else _count(shape) * dtype.np_dtype.itemsize
        total += size or 0
        rows.append((dtype.name, dims_text(shape), "" if size is None else str(size), name))
    widths = [max([len(row[i]) for row in rows], default=0) for i in range(3)]
    for kind, shape, size, name in rows:
        print(
            f"{kind:<{widths[0]}}  {shape:<{widths[1]}}  {size:>{widths[2]}}  {_shown(name)}",
            file=out,
        )
    print(f"{prefix}: {len(rows)} tensors, {total} bytes without strings", file=out)
    return 0


def _count(shape: Sequence[int]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def _shown(name: str) -> str:
    """A name without characters that would move a terminal's cursor."""
    return "".join([c if c.isprintable() else repr(c)[1:-1] for c in name])


def show(path: str, names: Sequence[str], whole: bool, out: TextIO) -> int:
    """Prints tensors, and what can be said about their numbers."""
    _, reader = opened(path)
    for name in names:
        if not reader.has(name):
            raise missing(f"Key {name} not found in checkpoint", reader, name)
    for name in names:
        dtype, shape = reader.entry(name)
        value = reader.read(name)
        print(f"{_shown(name)}  {dtype.name} {dims_text(shape)}", file=out)
        for line in _statistics(value):
            print(f"  {line}", file=out)
        limit = {"threshold": value.size + 1} if whole else {"threshold": 100, "edgeitems": 3}
        print(np.array2string(value, **limit), file=out)  # type: ignore[call-overload]
    return 0


def _statistics(value: np.ndarray[Any, Any]) -> list[str]:
    if not value.size or value.dtype == object or value.dtype.kind not in "fiu":
        return []
    numbers = value.astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    lines = []
    if finite.size:
        lines.append(
            f"min {finite.min():.6g}  max {finite.max():.6g}  mean {finite.mean():.6g}  "
            f"std {finite.std():.6g}  zeros {int((finite == 0).sum())}"
        )
    if finite.size < numbers.size:
        nans = int(np.isnan(numbers).sum())
        lines.append(f"nan {nans}  infinite {numbers.size - finite.size - nans}")
    return lines


# -- comparing -------------------------------------------------------------------------------------


def diff(first: str, second: str, tolerance: float, out: TextIO) -> int:
    """Prints in what two checkpoints differ; the status is 1 when they do."""
    (name_a, a), (name_b, b) = opened(first), opened(second)
    names_a, names_b = set(a.names()), set(b.names())
    differences = 0
    for name in sorted(names_a | names_b):
        if name not in names_b:
            what = f"only in {name_a}"
        elif name not in names_a:
            what = f"only in {name_b}"
        else:
            what = _difference(a, b, name, tolerance)
        if what:
            differences += 1
            print(f"{_shown(name)}: {what}", file=out)
    same = len(names_a | names_b) - differences
    print(f"{same} tensors are the same, {differences} differ", file=out)
    return 1 if differences else 0


def _difference(a: Any, b: Any, name: str, tolerance: float) -> str:
    (kind_a, shape_a), (kind_b, shape_b) = a.entry(name), b.entry(name)
    if shape_a != shape_b:
        return f"shape {dims_text(shape_a)} and {dims_text(shape_b)}"
    if kind_a != kind_b:
        return f"dtype {kind_a.name} and {kind_b.name}"
    x, y = a.read(name), b.read(name)
    if x.dtype == object or x.dtype.kind not in "fiuc":
        unequal = np.asarray(x != y)
        return f"{int(unequal.sum())} of {x.size} values" if unequal.any() else ""
    wide = np.complex128 if x.dtype.kind == "c" else np.float64
    p, q = x.astype(wide), y.astype(wide)
    # Integers beyond 2**53 are compared as what they are.
    unequal = (x != y) & ~(np.isnan(p) & np.isnan(q))
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.abs(p - q)
        unequal &= ~(distance <= tolerance) if tolerance else True
    if not unequal.any():
        return ""
    return f"{int(unequal.sum())} of {x.size} values, by {distance[unequal].max():.6g} at most"


# -- renaming --------------------------------------------------------------------------------------


def renamer(
    names: Sequence[str], prefixes: Sequence[str], dropped: Sequence[str]
) -> Callable[[str], str | None]:
    """What becomes of a name: another one, the same, or None for what is left out.

    Args:
      names: `OLD=NEW`, whole names.
      prefixes: `OLD=NEW`, beginnings of names; the first that fits is taken.
      dropped: names to leave out, or beginnings of them that end in `/`.

    Raises:
      Failure: one is not of this form.
    """
    whole = dict(map(_pair, names))
    begins = list(map(_pair, prefixes))

    def renamed(name: str) -> str | None:
        if any(name == d or (d.endswith("/") and name.startswith(d)) for d in dropped):
            return None
        if name in whole:
            return whole[name]
        for old, new in begins:
            if name.startswith(old):
                return new + name[len(old) :]
        return name

    return renamed


def _pair(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not equals:
        raise Failure(f"'{text}' is not of the form OLD=NEW")
    return old, new


def rename(
    source: str, target: str, renamed: Callable[[str], str | None], wanted: Sequence[str], out: Any
) -> int:
    """Writes a checkpoint like another one with other names.

    Args:
      source: the checkpoint to read; it stays as it is.
      target: the name of the checkpoint to write.
      renamed: what becomes of a name.
      wanted: names that must be there.
      out: where to say what was done.

    Raises:
      Failure: two tensors would get the same name, or the target is the source.
    """
    prefix, reader = opened(source)
    if os.path.realpath(prefix) == os.path.realpath(target):
        raise Failure("the checkpoint would replace itself; give another name as target")
    for name in wanted:
        if not reader.has(name):
            raise missing(f"Key {name} not found in checkpoint", reader, name)
    made: dict[str, str] = {}
    for name in reader.names():
        new = renamed(name)
        if new is None:
            continue
        if not new:
            raise Failure(f"{name} would get an empty name")
        if new in made:
            raise Failure(f"{made[new]} and {name} would both become {new}")
        made[new] = name
    with bundle_writer.BundleWriter(target) as writer:
        for new, name in made.items():
            value = reader.read(name)
            if name == _OBJECT_GRAPH:
                value = _renamed_objects(value, renamed, prefix)
            writer.add(new, value, reader.entry(name)[0])
        writer.finish()
    changed = sum(new != name for new, name in made.items())
    left_out = len(reader.names()) - len(made)
    print(f"{target}: {len(made)} tensors, {changed} renamed, {left_out} left out", file=out)
    return 0


def _renamed_objects(
    value: np.ndarray[Any, Any], renamed: Callable[[str], str | None], path: str
) -> np.ndarray[Any, Any]:
    """The description of objects in a checkpoint of `tf.train.Checkpoint`, with the new keys."""
    from google.protobuf.message import DecodeError

    from headrace._src.proto import messages

    try:
        objects = messages.TrackableObjectGraph.FromString(value.item())
    except DecodeError:
        raise errors.DataLossError(
            None, None, f"The description of objects in {path} is damaged"
        ) from None
    for node in objects.nodes:
        for held in node.attributes:
            held.checkpoint_key = renamed(held.checkpoint_key) or held.checkpoint_key
    return np.array(objects.SerializeToString(deterministic=True), object)
