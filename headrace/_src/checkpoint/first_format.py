"""Checkpoints of the first format: one sorted table a file, with the tensors in its entries."""

from __future__ import annotations

import glob
import os
from typing import Any, Final

import numpy as np

from headrace._src.checkpoint import files, slices, sstable, values
from headrace._src.checkpoint.coding import slice_key
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors, tensor_proto
from headrace._src.proto import messages

_META: Final = b""
_SAVED: Final = frozenset({
    dtypes.float32, dtypes.float64, dtypes.float16, dtypes.int64, dtypes.int32, dtypes.int16,
    dtypes.int8, dtypes.uint16, dtypes.uint8, dtypes.bool_, dtypes.complex64, dtypes.complex128,
    dtypes.string, dtypes.qint8, dtypes.quint8, dtypes.qint32, dtypes.qint16, dtypes.quint16,
})  # fmt: skip


class SliceWriter:
    """Writes a checkpoint of the first format.

    Args:
      path: The file.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._tensors: dict[str, Any] = {}
        self._meta = messages.SavedTensorSlices()
        self._meta.meta.versions.producer = 1
        self._data: dict[bytes, bytes] = {}

    def add(
        self, name: str, shape: Any, extents: slices.Extents, value: Any, dtype: dtypes.DType
    ) -> None:
        """Adds a slice of the tensor `name`, which has the shape `shape` as a whole.

        Raises:
          UnimplementedError: The format has no place for the dtype.
          InvalidArgumentError: The slice has been added, or does not agree with another one.
          InternalError: Slices differ in shape or dtype.
        """
        if dtype not in _SAVED:
            raise errors.UnimplementedError(
                None, None, f"Saving data type {dtype.name} not yet supported"
            )
        array = np.asarray(value)
        if array.size * 16 >= 1 << 31:
            raise slices.invalid(
                "Tensor slice is too large to serialize (conservative estimate: "
                f"{array.size * 16} bytes)"
            )
        known = self._tensors.get(name)
        if known is None:
            known = self._tensors[name] = self._meta.meta.tensor.add(
                name=name, type=dtype.as_datatype_enum
            )
            known.shape.SetInParent()
            for size in shape:
                known.shape.dim.add(size=int(size))
        elif known.type != dtype.as_datatype_enum or [d.size for d in known.shape.dim] != list(
            shape
        ):
            raise errors.InternalError(
                None, None, f"Mismatching shapes or types of the slices of {name}"
            )
        key = slice_key(name, extents)
        if key in self._data:
            raise slices.invalid(f"Adding duplicate slice of {name}: {slices.text(extents)}")
        slices.fill_proto(known.slice.add(), extents)
        item = messages.SavedTensorSlices()
        item.data.name = name
        item.data.slice.SetInParent()
        slices.fill_proto(item.data.slice, extents)
        item.data.data.CopyFrom(tensor_proto.list_values(array, dtype))
        self._data[key] = item.SerializeToString()

    def finish(self) -> None:
        """Writes the file."""
        file = files.NewFile(self._path)
        try:
            table = sstable.TableBuilder(file.write)
            table.add(_META, self._meta.SerializeToString())
            for key in sorted(self._data):
                table.add(key, self._data[key])
            table.finish()
            file.complete()
            file.move()
        except BaseException:
            file.discard()
            raise


class SliceReader:
    """Reads checkpoints of the first format.

    Args:
      pattern: The file, or a shell pattern for the files of its shards.

    Raises:
      NotFoundError: There is no such file.
      DataLossError: A file is damaged or is something else; here and in every method.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        failed = "Unsuccessful TensorSliceReader constructor: Failed to"
        directory = os.path.dirname(pattern)
        if directory and not glob.has_magic(directory) and not os.path.exists(directory):
            raise slices.invalid(
                f"{failed} get matching files on {pattern}: Not found: {directory}; No such file "
                "or directory"
            )
        found = sorted(glob.glob(pattern))
        if not found:
            raise errors.NotFoundError(
                None, None, f"{failed} find any matching files for {pattern}"
            )
        # name → (dtype, shape, [(extents, table)])
        self._tensors: dict[str, tuple[dtypes.DType, tuple[int, ...], list[Any]]] = {}
        for path in found:
            self._load(path)

    def _load(self, path: str) -> None:
        if os.path.isdir(path):
            raise self._not_a_table(path, f"Failed precondition: {path}; Is a directory")
        try:
            table = sstable.Table(path)
        except errors.DataLossError as error:
            raise self._not_a_table(path, f"Data loss: {error.message.splitlines()[0]}") from None
        try:
            meta = table.get(_META)
        except errors.DataLossError:
            meta = None
        if meta is None:
            raise errors.InternalError(
                None,
                None,
                "Failed to find the saved tensor slices at the beginning of the checkpoint file: "
                f"{path}",
            )
        for tensor in _parsed(path, meta).meta.tensor:
            self._register(path, table, tensor)

    @staticmethod
    def _not_a_table(path: str, why: str) -> errors.OpError:
        return errors.DataLossError(
            None,
            None,
            f"Unable to open table file {path}: {why}: perhaps your file is in a different file "
            "format and you need to use a different restore operator?",
        )

    def _register(self, path: str, table: sstable.Table, tensor: Any) -> None:
        shape = tuple([d.size for d in tensor.shape.dim])
        try:
            values.element_count(shape)
            dtype = dtypes.as_dtype(tensor.type)
        except (ValueError, TypeError):
            raise files.data_loss(path, f"Unreadable description of {tensor.name}") from None
        known = self._tensors.setdefault(tensor.name, (dtype, shape, []))
        if known[:2] != (dtype, shape):
            raise files.data_loss(path, f"The shards do not agree about {tensor.name}")
        for part in tensor.slice:
            extents = slices.from_proto(part)
            try:
                slices.slice_shape(shape, extents)
            except errors.InternalError as error:
                raise files.data_loss(path, error.message) from None
            known[2].append((extents, table))

    def names(self) -> list[str]:
        """The names of the tensors, sorted."""
        return sorted(self._tensors)

    def has(self, name: str) -> bool:
        """Whether there is a tensor of this name."""
        return name in self._tensors

    def entry(self, name: str) -> tuple[dtypes.DType, tuple[int, ...]]:
        """The dtype and the shape of a tensor.

        Raises:
          NotFoundError: There is none of this name.
        """
        return self._find(name)[:2]

    def _find(self, name: str) -> tuple[dtypes.DType, tuple[int, ...], list[Any]]:
        if name not in self._tensors:
            raise errors.NotFoundError(
                None, None, f'Tensor name "{name}" not found in checkpoint files {self.pattern}'
            )
        return self._tensors[name]

    def slice_count(self, name: str) -> int:
        """How many slices the tensor was saved as."""
        return len(self._find(name)[2])

    def read(self, name: str, extents: slices.Extents | None = None) -> np.ndarray[Any, Any]:
        """Reads a tensor, or a slice of it.

        Raises:
          InvalidArgumentError: The checkpoint does not hold all of it.
        """
        dtype, shape, parts = self._find(name)
        if extents is None:
            extents = ((0, slices.FULL),) * len(shape)
        sizes = slices.slice_shape(shape, extents)
        wanted = slices.indices(shape, extents)
        pieces, covered = [], 0
        for held, table in parts:
            met = slices.overlap(wanted, slices.indices(shape, held))
            if met is not None:
                covered += slices.volume(met[0])
                pieces.append((*met, self._piece(name, dtype, shape, held, table)))
        if covered != values.element_count(sizes):
            raise slices.invalid(
                f"Does not have sufficient slices for partitioned tensor {name} to restore in "
                f"slice_spec: {slices.text(extents)}\nThe checkpoint is {self.pattern}."
            )
        try:
            kind = object if dtype == dtypes.string else dtype.np_dtype
            return slices.assemble(sizes, kind, pieces)
        except ValueError:
            raise files.data_loss(self.pattern, f"The slices of {name} overlap") from None

    @staticmethod
    def _piece(
        name: str, dtype: dtypes.DType, shape: tuple[int, ...], held: Any, table: sstable.Table
    ) -> np.ndarray[Any, Any]:
        data = table.get(slice_key(name, held))
        if data is None:
            raise files.data_loss(table.path, f"The values of {name} are missing")
        sizes = slices.slice_shape(shape, held)
        try:
            flat = tensor_proto.listed_values(_parsed(table.path, data).data.data, dtype)
        except (OverflowError, TypeError):
            raise files.data_loss(table.path, f"The values of {name} are damaged") from None
        if flat.size != values.element_count(sizes):
            raise files.data_loss(
                table.path, f"{name} has {flat.size} values, and the shape {list(sizes)}"
            )
        return flat.reshape(sizes)

    def debug_string(self) -> bytes:
        """One line a tensor: name, dtype, shape and number of slices."""
        lines = []
        for name, (dtype, shape, parts) in self._tensors.items():
            kind = messages.DataType.Name(dtype.as_datatype_enum)
            more = f", {len(parts)} slices" if len(parts) > 1 else ""
            lines.append(f"{name} ({kind}) {dims_lib.text(shape)}{more}\n")
        return "".join(lines).encode(errors="surrogateescape")


def _parsed(path: str, data: bytes) -> Any:
    from google.protobuf.message import DecodeError

    try:
        return messages.SavedTensorSlices.FromString(data)
    except DecodeError:
        raise files.data_loss(path, "Entry of a checkpoint cannot be parsed") from None
