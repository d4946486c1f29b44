"""Reads checkpoints of the second format, tensor bundles; see `bundle_writer`.

Nothing in a file is believed before it is checked: sizes are compared with the length of the file
before memory is taken, checksums before values are used.
"""

from __future__ import annotations

import glob
import os
import struct
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from typing import Any, Final

import numpy as np

from headrace._src.checkpoint import files, slices, sstable, values
from headrace._src.checkpoint.coding import key_of, slice_key
from headrace._src.checkpoint.data_file import DataFile
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.proto import messages

# Values that together take less are not worth the start of threads.
_MANY_BYTES: Final = 1 << 23
_READERS: Final = min(4, os.cpu_count() or 1)


class BundleReader:
    """Reads a checkpoint.

    Args:
      prefix: The name of the checkpoint, without `.index`.

    Attributes:
      shards: How many data files there are.

    Raises:
      NotFoundError: A file is not there; here and in every method.
      DataLossError: A file is damaged; here and in every method.
      OutOfRangeError: A file is cut off.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        index = prefix + ".index"
        self._load(index)
        waiting = sorted(glob.glob(glob.escape(index) + ".tempstate*"))
        if waiting and not self._is_whole():
            self._recover(index, waiting)

    def _recover(self, index: str, waiting: list[str]) -> None:
        """Finds the index that belongs to the data.

        A writer that replaces a checkpoint moves the data, then the index. When it died in between,
        the index is still complete under its temporary name.
        """
        for path in waiting:
            try:
                self._load(path)
            except errors.OpError:
                continue
            if self._is_whole():
                return
        self._load(index)

    def _is_whole(self) -> bool:
        """Whether all values are there and have their checksums."""
        try:
            for name in self.names():
                self.read(name)
        except errors.OpError:
            return False
        return True

    def _load(self, path: str) -> None:
        self._path = path
        self._data: dict[int, DataFile] = {}
        table = sstable.Table(path)
        try:
            self._entries = dict(table.items())
        except errors.DataLossError as error:
            raise files.data_loss(
                path,
                f"Unable to read file ({path}). Perhaps the file is corrupt or was produced by a "
                "newer version of TensorFlow with format changes (failed to seek to header "
                f"entry): {error.message.splitlines()[0]}",
            ) from None
        header = self._parsed(messages.BundleHeaderProto, self._entries.pop(b"", None))
        if header.endianness != messages.BundleHeaderProto.LITTLE:
            raise errors.UnimplementedError(
                None, None, f"Cannot read {path}: its numbers are big-endian"
            )
        if header.version.min_consumer > 1:
            raise errors.InvalidArgumentError(None, None, f"Checkpoint {path} needs a newer reader")
        self.shards = header.num_shards
        if not 0 < self.shards < 100_000:
            raise files.data_loss(path, f"Unreadable number of shards: {self.shards}")
        self._parts: set[bytes] | None = None

    def _parsed(self, kind: Any, data: bytes | None) -> Any:
        from google.protobuf.message import DecodeError

        if data is None:
            raise files.data_loss(self._path, "Unable to read file: it has no header entry")
        try:
            return kind.FromString(data)
        except DecodeError:
            raise files.data_loss(self._path, "Entry of a bundle cannot be parsed") from None

    # -- what is there -----------------------------------------------------------------------

    def raw_entries(self) -> Iterator[tuple[bytes, Any]]:
        """All entries, those of slices too, in the order of their keys."""
        for key, data in self._entries.items():
            yield key, self._parsed(messages.BundleEntryProto, data)

    def names(self) -> list[str]:
        """The names of the tensors, sorted."""
        if self._parts is None:
            self._parts = {
                slice_key(key.decode(errors="surrogateescape"), slices.from_proto(part))
                for key, entry in self.raw_entries()
                if entry.slices
                for part in entry.slices
            }
        keys = self._entries.keys() - self._parts
        return sorted(key.decode(errors="surrogateescape") for key in keys)

    def has(self, name: str) -> bool:
        """Whether there is a tensor of this name."""
        return name != "" and key_of(name) in self._entries

    def entry(self, name: str) -> tuple[dtypes.DType, tuple[int, ...]]:
        """The dtype and the shape of a tensor.

        Raises:
          NotFoundError: There is none of this name.
        """
        found = self._entry(key_of(name))
        return self._dtype(found), self._shape(found)

    def _entry(self, key: bytes) -> Any:
        data = self._entries.get(key)
        if data is None:
            name = key.decode(errors="replace")
            raise errors.NotFoundError(None, None, f"Key {name} not found in checkpoint")
        return self._parsed(messages.BundleEntryProto, data)

    def _dtype(self, entry: Any) -> dtypes.DType:
        try:
            return dtypes.as_dtype(entry.dtype)
        except TypeError:
            raise files.data_loss(self._path, f"Unknown dtype {entry.dtype}") from None

    def _shape(self, entry: Any) -> tuple[int, ...]:
        shape = tuple([d.size for d in entry.shape.dim])
        try:
            values.element_count(shape)
        except ValueError:
            raise files.data_loss(self._path, f"Invalid tensor shape: {list(shape)}") from None
        return shape

    # -- values ------------------------------------------------------------------------------

    def read(self, name: str, extents: slices.Extents | None = None) -> np.ndarray[Any, Any]:
        """Reads a tensor, or a slice of it.

        Args:
          name: The name of the tensor.
          extents: The slice; everything by default.

        Raises:
          InvalidArgumentError: The checkpoint does not hold all of it.
          InternalError: The slice does not fit into the tensor.
        """
        return self._begin(name, self._entry(key_of(name)), extents)()

    def read_many(
        self, wanted: Sequence[tuple[str, slices.Extents | None]]
    ) -> list[np.ndarray[Any, Any]]:
        """Reads tensors or slices, large ones with several threads; `wanted` is what `read` takes.

        Other threads fill the memory while this one takes the checksums of what has come.

        Raises:
          InvalidArgumentError: As in `read`.
          InternalError: As in `read`.
        """
        found = [(name, self._entry(key_of(name)), extents) for name, extents in wanted]
        if sum(entry.size for _, entry, _ in found) < _MANY_BYTES:
            return [self._begin(*each)() for each in found]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_READERS, "headrace_restore") as readers:
            try:
                begun = [self._begin(*each, readers) for each in found]
                return [finish() for finish in begun]
            except BaseException:
                readers.shutdown(wait=False, cancel_futures=True)
                raise

    def _begin(
        self,
        name: str,
        entry: Any,
        extents: slices.Extents | None,
        readers: Executor | None = None,
    ) -> Callable[[], np.ndarray[Any, Any]]:
        """Begins to read a tensor or a slice of it; what it returns waits for the value."""
        shape = self._shape(entry)
        if extents is None:
            extents = ((0, slices.FULL),) * len(shape)
        slices.slice_shape(shape, extents)
        if entry.slices:
            return lambda: self._assemble(name, entry, shape, extents)
        finish = self._begin_value(name, entry, readers)
        if slices.is_whole(shape, extents):
            return finish
        return lambda: finish()[slices.indices(shape, extents)].copy()

    def _assemble(
        self, name: str, entry: Any, shape: tuple[int, ...], extents: slices.Extents
    ) -> np.ndarray[Any, Any]:
        """Puts a slice together from those that were saved."""
        wanted = slices.indices(shape, extents)
        sizes = slices.slice_shape(shape, extents)
        parts, covered = [], 0
        for proto in entry.slices:
            held = slices.from_proto(proto)
            try:
                slices.slice_shape(shape, held)
            except errors.InternalError as error:
                raise files.data_loss(self._path, error.message) from None
            met = slices.overlap(wanted, slices.indices(shape, held))
            if met is not None:
                covered += slices.volume(met[0])
                parts.append((held, met))
        if covered != values.element_count(sizes):
            raise slices.invalid(
                f"Does not have sufficient slices for partitioned tensor {name} to restore in "
                f"slice_spec: {slices.text(extents)}\nThe checkpoint is {self.prefix}."
            )
        dtype = self._dtype(entry)
        pieces = [(*met, self._slice(name, dtype, shape, held)) for held, met in parts]
        # Only now: what the pieces hold bounds what the whole takes.
        try:
            kind = object if dtype == dtypes.string else dtype.np_dtype
            return slices.assemble(sizes, kind, pieces)
        except ValueError:
            raise files.data_loss(self._path, f"The slices of {name} overlap") from None

    def _slice(
        self, name: str, dtype: dtypes.DType, shape: tuple[int, ...], held: slices.Extents
    ) -> np.ndarray[Any, Any]:
        key = slice_key(name, held)
        if key not in self._entries:
            raise files.data_loss(self._path, f"A slice of {name} is missing: {slices.text(held)}")
        stored = self._entry(key)
        fits = slices.slice_shape(shape, held)
        if self._dtype(stored) != dtype or self._shape(stored) != fits:
            raise files.data_loss(self._path, f"A slice of {name} does not fit its tensor")
        return self._begin_value(name, stored)()

    def _begin_value(
        self, name: str, entry: Any, readers: Executor | None = None
    ) -> Callable[[], np.ndarray[Any, Any]]:
        """Begins to read what an entry describes; what it returns waits for the value."""
        dtype, shape = self._dtype(entry), self._shape(entry)
        values.check_type(dtype)
        if not 0 <= entry.shard_id < self.shards:
            raise files.data_loss(self._path, f"Invalid shard of {name}: {entry.shard_id}")
        count = values.element_count(shape)
        file = self._shard(entry.shard_id)
        if dtype == dtypes.string:
            return lambda: self._texts(file, entry, count).reshape(shape)
        size = count * dtype.np_dtype.itemsize
        if entry.size != size:
            raise files.data_loss(
                self._path,
                f"Invalid size in bundle entry: key {name}; stored size {entry.size}; "
                f"expected size {size}",
            )
        reading = file.begin(entry.offset, shape, dtype.np_dtype, readers)

        def finish() -> np.ndarray[Any, Any]:
            total = 0
            for piece in reading.pieces():
                total = values.crc(piece, total)
            self._check(file, entry, total)
            return reading.array

        return finish

    def _shard(self, shard: int) -> DataFile:
        if shard not in self._data:
            self._data[shard] = DataFile(files.data_name(self.prefix, shard, self.shards))
        return self._data[shard]

    @staticmethod
    def _check(file: DataFile, entry: Any, found: int) -> None:
        stored = values.unmask(entry.crc32c)
        if stored != found:
            raise files.data_loss(
                file.path,
                f"Checksum does not match: stored {stored:08d} vs. calculated on the restored "
                f"bytes {found}",
            )

    def _texts(self, file: DataFile, entry: Any, count: int) -> np.ndarray[Any, Any]:
        raw = file.read(entry.offset, entry.size)
        # Each length takes a byte at least, so a wrong count cannot ask for much memory.
        if count > len(raw):
            raise file.cut_off()
        lengths, at = [], 0
        try:
            for length, at in values.lengths_of(raw, count):  # noqa: B007
                lengths.append(length)
        except ValueError:
            raise files.data_loss(file.path, "The lengths of strings are damaged") from None
        if at + 4 > len(raw):
            raise file.cut_off()
        total = values.crc(values.length_words(lengths))
        stored = values.unmask(struct.unpack_from("<I", raw, at)[0])
        if stored != total:
            raise files.data_loss(
                file.path,
                f"The length checksum does not match: expected {stored} but actual is {total}",
            )
        total = values.crc(raw[at : at + 4], total)
        at += 4
        if at + sum(lengths) != len(raw):
            raise file.cut_off()
        self._check(file, entry, values.crc(raw[at:], total))
        out = np.empty(count, object)
        for i, length in enumerate(lengths):
            out[i] = raw[at : at + length]
            at += length
        return out

    def debug_string(self) -> bytes:
        """One line an entry: name, dtype and shape."""
        lines = []
        for key, entry in self.raw_entries():
            if not entry.slices:
                kind = messages.DataType.Name(self._dtype(entry).as_datatype_enum)
                shape = dims_lib.text(self._shape(entry))
                lines.append(key + f" ({kind}) {shape}\n".encode())
        return b"".join(lines)
