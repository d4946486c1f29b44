"""Reads checkpoints of the second format, tensor bundles; see `bundle_writer`.

Nothing in a file is believed before it is checked: sizes are compared with the length of the file
before memory is taken, checksums before values are used.
"""

from __future__ import annotations

import glob
import os
import struct
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

from headrace._src.checkpoint import files, slices, sstable, values
from headrace._src.checkpoint.coding import key_of, slice_key
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.proto import messages
from headrace._src.proto.record_io import file_error

_CHUNK = 1 << 30


class _DataFile:
    """One shard."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._fd = os.open(path, os.O_RDONLY)
            weakref.finalize(self, os.close, self._fd)
            self._size = os.fstat(self._fd).st_size
        except OSError as error:
            raise file_error(path, error) from None

    def read(self, offset: int, size: int) -> np.ndarray[Any, Any]:
        """Returns `size` bytes; no memory is taken for what is not in the file."""
        if offset < 0 or size < 0 or offset + size > self._size:
            raise self._short()
        data = np.empty(size, np.uint8)
        view, at = memoryview(data), 0  # type: ignore[arg-type]
        while at < size:
            try:
                n = os.preadv(self._fd, [view[at : at + _CHUNK]], offset + at)
            except OSError as error:
                raise file_error(self.path, error) from None
            if not n:
                raise self._short()
            at += n
        return data

    def _short(self) -> errors.OpError:
        return errors.OutOfRangeError(
            None, None, f"Read less bytes than requested\nThe file is {self.path}."
        )


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
        self._data: dict[int, _DataFile] = {}
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
        entry = self._entry(key_of(name))
        shape = self._shape(entry)
        if extents is None:
            extents = ((0, slices.FULL),) * len(shape)
        slices.slice_shape(shape, extents)
        if not entry.slices:
            value = self._value(name, entry)
            return (
                value
                if slices.is_whole(shape, extents)
                else value[slices.indices(shape, extents)].copy()
            )
        return self._assemble(name, entry, shape, extents)

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
        return self._value(name, stored)

    def _value(self, name: str, entry: Any) -> np.ndarray[Any, Any]:
        dtype, shape = self._dtype(entry), self._shape(entry)
        values.check_type(dtype)
        if not 0 <= entry.shard_id < self.shards:
            raise files.data_loss(self._path, f"Invalid shard of {name}: {entry.shard_id}")
        count = values.element_count(shape)
        if dtype != dtypes.string:
            size = count * dtype.np_dtype.itemsize
            if entry.size != size:
                raise files.data_loss(
                    self._path,
                    f"Invalid size in bundle entry: key {name}; stored size {entry.size}; "
                    f"expected size {size}",
                )
        file = self._shard(entry.shard_id)
        data = file.read(entry.offset, entry.size)
        if dtype == dtypes.string:
            return self._texts(file, entry, data, count).reshape(shape)
        self._check(file, entry, values.crc(data))
        return data.view(dtype.np_dtype).reshape(shape)

    def _shard(self, shard: int) -> _DataFile:
        if shard not in self._data:
            self._data[shard] = _DataFile(files.data_name(self.prefix, shard, self.shards))
        return self._data[shard]

    @staticmethod
    def _check(file: _DataFile, entry: Any, found: int) -> None:
        stored = values.unmask(entry.crc32c)
        if stored != found:
            raise files.data_loss(
                file.path,
                f"Checksum does not match: stored {stored:08d} vs. calculated on the restored "
                f"bytes {found}",
            )

    def _texts(
        self, file: _DataFile, entry: Any, data: np.ndarray[Any, Any], count: int
    ) -> np.ndarray[Any, Any]:
        raw = data.tobytes()
        # Each length takes a byte at least, so a wrong count cannot ask for much memory.
        if count > len(raw):
            raise file._short()
        lengths, at = [], 0
        try:
            for length, at in values.lengths_of(raw, count):  # noqa: B007
                lengths.append(length)
        except ValueError:
            raise files.data_loss(file.path, "The lengths of strings are damaged") from None
        if at + 4 > len(raw):
            raise file._short()
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
            raise file._short()
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
