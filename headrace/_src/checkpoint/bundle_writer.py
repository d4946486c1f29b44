"""Writes checkpoints of the second format, tensor bundles, and merges them.

`PREFIX.data-00000-of-00001` holds the bytes of the tensors one after another,
`PREFIX.index` is a sorted table: name → dtype, shape, place and checksum. Both are written under
temporary names; the data file gets its name first, so an index never comes before its data.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any

import numpy as np

from headrace._src.checkpoint import files, slices, sstable, values
from headrace._src.checkpoint.coding import key_of, slice_key
from headrace._src.core import dtypes, errors
from headrace._src.core.dims import text as dims_text
from headrace._src.proto import messages

HEADER = b""


def _header(shards: int) -> Any:
    made = messages.BundleHeaderProto(num_shards=shards)
    made.version.producer = 1
    return made


def _fill_shape(proto: Any, shape: Any) -> None:
    # A scalar has a shape too, with nothing in it.
    proto.SetInParent()
    for size in shape:
        proto.dim.add(size=int(size))


class BundleWriter:
    """Writes one checkpoint of one shard.

    Args:
      prefix: The name of the checkpoint.

    Raises:
      NotFoundError: The directory is not there.
      ResourceExhaustedError: The disk is full; here and in every method. Files that were there
        before stay as they were.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._entries: dict[bytes, Any] = {}
        self._offset = 0
        self._data = files.NewFile(files.data_name(prefix, 0, 1))

    def __enter__(self) -> BundleWriter:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is not None:
            self._data.discard()

    def add(self, name: str, value: Any, dtype: dtypes.DType) -> None:
        """Adds a tensor.

        Raises:
          InvalidArgumentError: There is a tensor of this name already.
          UnimplementedError: The tensor is a resource or a variant.
        """
        self._add(key_of(name), value, dtype)

    def add_slice(
        self, name: str, shape: Any, extents: slices.Extents, value: Any, dtype: dtypes.DType
    ) -> None:
        """Adds a slice of the tensor `name`, which has the shape `shape` as a whole."""
        if slices.is_whole(shape, extents):
            self.add(name, value, dtype)
            return
        key = key_of(name)
        whole = self._entries.get(key)
        if whole is None:
            whole = messages.BundleEntryProto(dtype=dtype.as_datatype_enum)
            _fill_shape(whole.shape, shape)
            self._check_key(key)
            self._entries[key] = whole
        elif not whole.slices:
            raise slices.invalid(f"Adding duplicate key: {name}")
        elif whole.dtype != dtype.as_datatype_enum or [d.size for d in whole.shape.dim] != list(
            shape
        ):
            raise slices.invalid(
                f"The slices of {name} do not agree: shape {dims_text(tuple(shape))} and dtype "
                f"{dtype.name} after {[d.size for d in whole.shape.dim]}"
            )
        self._add(slice_key(name, extents), value, dtype)
        slices.fill_proto(whole.slices.add(), extents)

    def _check_key(self, key: bytes) -> None:
        if key == HEADER:
            raise slices.invalid("A tensor in a checkpoint needs a name")
        if key in self._entries:
            raise slices.invalid(f"Adding duplicate key: {key.decode(errors='replace')}")

    def _add(self, key: bytes, value: Any, dtype: dtypes.DType) -> None:
        self._check_key(key)
        pieces, size, checksum = values.encode(value, dtype)
        entry = messages.BundleEntryProto(
            dtype=dtype.as_datatype_enum, offset=self._offset, size=size, crc32c=checksum
        )
        _fill_shape(entry.shape, np.shape(value))
        for piece in pieces:
            self._data.write(piece)
        self._offset += size
        self._entries[key] = entry

    def finish(self) -> None:
        """Completes the checkpoint and gives its files their names."""
        self._data.complete()
        _write_index(self._prefix, 1, self._entries, self._data.move)


def _write_index(prefix: str, shards: int, entries: dict[bytes, Any], before_move: Any) -> None:
    index = files.NewFile(prefix + ".index")
    try:
        table = sstable.TableBuilder(index.write)
        table.add(HEADER, _header(shards).SerializeToString())
        for key in sorted(entries):
            table.add(key, entries[key].SerializeToString())
        table.finish()
        index.complete()
        before_move()
        index.move()
    except BaseException:
        index.discard()
        raise


def merge(prefixes: list[str], target: str, delete_old: bool) -> None:
    """Makes one checkpoint of several, each of which becomes a shard.

    Args:
      prefixes: The checkpoints; their data files are moved.
      target: The name of the new one.
      delete_old: Whether to remove the directories of `prefixes` afterwards, where empty.

    Raises:
      NotFoundError: A checkpoint is not there.
      InvalidArgumentError: Two of them have a tensor of the same name.
    """
    from headrace._src.checkpoint.bundle_reader import BundleReader

    entries: dict[bytes, Any] = {}
    sources: list[str] = []
    for prefix in prefixes:
        reader = BundleReader(prefix)
        for key, entry in reader.raw_entries():
            _merge_entry(entries, key, entry, len(sources), prefix)
        sources += [files.data_name(prefix, i, reader.shards) for i in range(reader.shards)]

    def move_data() -> None:
        for i, source in enumerate(sources):
            files.move(source, files.data_name(target, i, len(sources)))

    _write_index(target, len(sources), entries, move_data)
    for prefix in prefixes:
        with contextlib.suppress(OSError):
            os.unlink(prefix + ".index")
    if delete_old:
        for directory in dict.fromkeys(map(os.path.dirname, prefixes)):
            if directory != os.path.dirname(target):
                with contextlib.suppress(OSError):
                    os.rmdir(directory)


def _merge_entry(
    entries: dict[bytes, Any], key: bytes, entry: Any, shard: int, prefix: str
) -> None:
    held = entries.get(key)
    name = key.decode(errors="replace")
    if held is None:
        if not entry.slices:
            entry.shard_id += shard
        entries[key] = entry
    elif not held.slices or not entry.slices:
        raise slices.invalid(
            f"Duplicate tensor keyed by {name} encountered, when merging prefix: {prefix}"
        )
    elif held.dtype != entry.dtype or held.shape != entry.shape:
        raise errors.InvalidArgumentError(
            None, None, f"The slices of {name} do not agree, when merging prefix: {prefix}"
        )
    else:
        held.slices.extend(entry.slices)
