"""Saving and restoring tensors: the operations behind `tf.train.Saver`."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from headrace._src.checkpoint import bundle_writer, first_format, reader, slices
from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import dtypes, errors
from headrace._src.core.opspec import op
from headrace._src.proto.record_io import file_error

_REASON = "files have no derivative"


def _path(value: Any) -> str:
    return os.fsdecode(np.asarray(value, object)[()])


def _texts(value: Any) -> list[str]:
    """The elements of a 1-D string value, as text."""
    return [os.fsdecode(v) for v in np.asarray(value, object).reshape(-1).tolist()]


def _check_counts(name: Any, tensors: list[Any], *lists: Any) -> None:
    """A checkpoint's name is a scalar, and each list has an entry for each tensor."""
    dims_lib.with_rank(name, 0)
    for dims in lists:
        dims = dims_lib.with_rank(dims, 1)
        if dims is not None and dims[0] not in (None, len(tensors)):
            raise ValueError(f"Dimension must be {len(tensors)} but is {dims[0]}")


# -- Save --------------------------------------------------------------------------------------
Save = op(
    "Save",
    "filename: string, tensor_names: string, data: list:T ->",
    T=A.dtypes(minimum=1),
    stateful=True,
    host_only=True,
)
Save.no_gradient(_REASON, undefined=True)


@Save.shape
def _shape_save(s, filename, tensor_names, data):
    _check_counts(filename, data, tensor_names)
    return []


@Save.kernel
def _kernel_save(k, filename, tensor_names, data, *, T):  # noqa: N803
    _save_first_format(filename, tensor_names, [""] * len(data), data, T)
    return ()


def _save_first_format(filename: Any, names: Any, specs: Any, data: Any, kinds: Any) -> None:
    writer = first_format.SliceWriter(_path(filename))
    for name, spec, value, dtype in sorted(
        zip(_texts(names), specs, data, kinds, strict=True), key=lambda item: item[0]
    ):
        shape = np.shape(value)
        if spec:
            whole, extents = _checked_spec(spec, shape)
        else:
            whole, extents = shape, ((0, slices.FULL),) * len(shape)
        writer.add(name, whole, extents, value, dtype)
    writer.finish()


def _checked_spec(spec: str, shape: Any) -> tuple[Any, Any]:
    """The whole shape and the extents of a slice that `spec` describes and a tensor holds."""
    whole, extents, sizes = slices.parse_spec(spec)
    if sizes != shape:
        raise slices.invalid(
            "Slice in shape_and_slice specification does not match the shape of the tensor to  "
            f"save: {spec}, tensor: {dims_lib.text(shape)}"
        )
    return whole, extents


# -- SaveSlices --------------------------------------------------------------------------------
SaveSlices = op(
    "SaveSlices",
    "filename: string, tensor_names: string, shapes_and_slices: string, data: list:T ->",
    T=A.dtypes(minimum=1),
    stateful=True,
    host_only=True,
)
SaveSlices.no_gradient(_REASON, undefined=True)


@SaveSlices.shape
def _shape_save_slices(s, filename, tensor_names, shapes_and_slices, data):
    _check_counts(filename, data, tensor_names, shapes_and_slices)
    return []


@SaveSlices.kernel
def _kernel_save_slices(k, filename, tensor_names, shapes_and_slices, data, *, T):  # noqa: N803
    _save_first_format(filename, tensor_names, _texts(shapes_and_slices), data, T)
    return ()


# -- SaveV2 ------------------------------------------------------------------------------------
SaveV2 = op(
    "SaveV2",
    "prefix: string, tensor_names: string, shape_and_slices: string, tensors: list:dtypes ->",
    dtypes=A.dtypes(minimum=1),
    stateful=True,
    host_only=True,
)
SaveV2.no_gradient(_REASON, undefined=True)


@SaveV2.shape
def _shape_save_v2(s, prefix, tensor_names, shape_and_slices, tensors):
    _check_counts(prefix, tensors, tensor_names, shape_and_slices)
    return []


def _make_directory(path: str) -> None:
    """Makes the directory of a checkpoint (the last one of its path only)."""
    try:
        if path and not os.path.isdir(path):
            os.mkdir(path)
    except OSError as error:
        raise file_error(path, error) from None


@SaveV2.kernel
def _kernel_save_v2(k, prefix, tensor_names, shape_and_slices, tensors, *, dtypes):
    path = _path(prefix)
    counts = np.size(tensor_names), np.size(shape_and_slices)
    if counts[0] != counts[1]:
        raise errors.InvalidArgumentError(
            None,
            None,
            "tensor_names and shape_and_slices have different number of elements: "
            f"{counts[0]} vs. {counts[1]}",
        )
    _make_directory(os.path.dirname(path))
    with bundle_writer.BundleWriter(path) as writer:
        for name, spec, value, dtype in zip(
            _texts(tensor_names), _texts(shape_and_slices), tensors, dtypes, strict=True
        ):
            if spec:
                whole, extents = _checked_spec(spec, np.shape(value))
                writer.add_slice(name, whole, extents, value, dtype)
            else:
                writer.add(name, value, dtype)
        writer.finish()
    return ()


# -- MergeV2Checkpoints ------------------------------------------------------------------------
MergeV2Checkpoints = op(
    "MergeV2Checkpoints",
    "checkpoint_prefixes: string, destination_prefix: string ->",
    delete_old_dirs=A.boolean(default=True),
    stateful=True,
    host_only=True,
)
MergeV2Checkpoints.no_gradient(_REASON, undefined=True)


@MergeV2Checkpoints.shape
def _shape_merge_v2_checkpoints(s, checkpoint_prefixes, destination_prefix):
    dims_lib.with_rank(checkpoint_prefixes, 1)
    dims_lib.with_rank(destination_prefix, 0)
    return []


@MergeV2Checkpoints.kernel
def _kernel_merge_v2_checkpoints(k, checkpoint_prefixes, destination_prefix, *, delete_old_dirs):
    bundle_writer.merge(_texts(checkpoint_prefixes), _path(destination_prefix), delete_old_dirs)
    return ()


# -- RestoreV2 ---------------------------------------------------------------------------------
RestoreV2 = op(
    "RestoreV2",
    "prefix: string, tensor_names: string, shape_and_slices: string -> tensors: list:dtypes",
    dtypes=A.dtypes(minimum=1),
    stateful=True,
    host_only=True,
)
RestoreV2.no_gradient(_REASON, undefined=True)


@RestoreV2.shape
def _shape_restore_v2(s, prefix, tensor_names, shape_and_slices, *, dtypes):
    dims_lib.with_rank(prefix, 0)
    names, specs = dims_lib.with_rank(tensor_names, 1), dims_lib.with_rank(shape_and_slices, 1)
    dims_lib.merge(names, specs)
    given = s.value(2)
    if given is None:
        return [None] * len(dtypes)
    if len(given) != len(dtypes):
        raise ValueError("The number of shape_and_slice doesn't match tensor outputs.")
    return [_slice_dims(spec) for spec in _texts(given)]


def _slice_dims(spec: str) -> Any:
    if not spec:
        return None
    try:
        return slices.parse_spec(spec)[2]
    except errors.OpError as error:
        raise ValueError(error.message) from None


@RestoreV2.kernel
def _kernel_restore_v2(k, prefix, tensor_names, shape_and_slices, *, dtypes):
    checkpoint = reader.open_checkpoint(_path(prefix))
    names, specs = _texts(tensor_names), _texts(shape_and_slices)
    if isinstance(checkpoint, first_format.SliceReader):
        return [
            _restore_slice(checkpoint, name, spec, dtype)
            for name, spec, dtype in zip(names, specs, dtypes, strict=True)
        ]
    _check_entries(checkpoint, names, dtypes)
    wanted = []
    for name, spec in zip(names, specs, strict=True):
        extents = None
        if spec:
            whole, extents, _ = slices.parse_spec(spec)
            stored = checkpoint.entry(name)[1]
            if whole != stored:
                raise slices.invalid(
                    f"tensor_name = {name}; shape in shape_and_slice spec {dims_lib.text(whole)} "
                    f"does not match the shape stored in checkpoint: {dims_lib.text(stored)}"
                )
        wanted.append((name, extents))
    return checkpoint.read_many(wanted)


def _check_entries(checkpoint: Any, names: list[str], kinds: Any) -> None:
    """Every name must be there, with its dtype; the first missing one in sorted order is named."""
    wrong = []
    for name, dtype in sorted(zip(names, kinds, strict=True), key=lambda item: item[0]):
        if not checkpoint.has(name):
            raise reader.missing(f"Key {name} not found in checkpoint", checkpoint, name)
        stored = checkpoint.entry(name)[0]
        if stored != dtype:
            wrong.append(
                f"tensor_name = {name}; expected dtype {_kind(dtype)} does not equal original "
                f"dtype {_kind(stored)}"
            )
    if wrong:
        raise slices.invalid("\n".join(wrong))


def _kind(dtype: dtypes.DType) -> str:
    return {"float32": "float", "float64": "double", "float16": "half"}.get(dtype.name, dtype.name)


def _restore_slice(checkpoint: Any, name: str, spec: str, dtype: Any) -> Any:
    """One tensor, or slice of one, of a checkpoint of the first format."""
    if not checkpoint.has(name):
        what = f'Tensor name "{name}" not found in checkpoint files {checkpoint.pattern}'
        raise reader.missing(what, checkpoint, name)
    stored, shape = checkpoint.entry(name)
    if stored != dtype:
        raise slices.invalid(
            f"Expected to restore a tensor of type {_kind(dtype)}, got a tensor of type "
            f"{_kind(stored)} instead: tensor_name = {name}"
        )
    extents = None
    if spec:
        whole, extents, _ = slices.parse_spec(spec)
        if whole != shape:
            raise slices.invalid(
                "Shape in shape_and_slice spec does not match the shape in the save file: "
                f"{dims_lib.text(whole)}, save file shape: {dims_lib.text(shape)}"
            )
    return checkpoint.read(name, extents)


# -- Restore -----------------------------------------------------------------------------------
Restore = op(
    "Restore",
    "file_pattern: string, tensor_name: string -> tensor: dt",
    dt=A.dtype(),
    preferred_shard=A.integer(default=-1),
    stateful=True,
    host_only=True,
)
Restore.no_gradient(_REASON, undefined=True)


@Restore.shape
def _shape_restore(s, file_pattern, tensor_name):
    dims_lib.with_rank(file_pattern, 0)
    dims_lib.with_rank(tensor_name, 0)
    return None


@Restore.kernel
def _kernel_restore(k, file_pattern, tensor_name, *, dt):
    checkpoint = first_format.SliceReader(_path(file_pattern))
    return _restore_slice(checkpoint, _path(tensor_name), "", dt)


# -- RestoreSlice ------------------------------------------------------------------------------
RestoreSlice = op(
    "RestoreSlice",
    "file_pattern: string, tensor_name: string, shape_and_slice: string -> tensor: dt",
    dt=A.dtype(),
    preferred_shard=A.integer(default=-1),
    stateful=True,
    host_only=True,
)
RestoreSlice.no_gradient(_REASON, undefined=True)


@RestoreSlice.shape
def _shape_restore_slice(s, file_pattern, tensor_name, shape_and_slice):
    dims_lib.with_rank(file_pattern, 0)
    dims_lib.with_rank(tensor_name, 0)
    dims_lib.with_rank(shape_and_slice, 0)
    spec = s.value(2)
    return None if spec is None else _slice_dims(_path(spec))


@RestoreSlice.kernel
def _kernel_restore_slice(k, file_pattern, tensor_name, shape_and_slice, *, dt):
    checkpoint = first_format.SliceReader(_path(file_pattern))
    return _restore_slice(checkpoint, _path(tensor_name), _path(shape_and_slice), dt)


# -- ShardedFilename ---------------------------------------------------------------------------
ShardedFilename = op(
    "ShardedFilename",
    "basename: string, shard: int32, num_shards: int32 -> filename: string",
    host_only=True,
)
ShardedFilename.no_gradient(_REASON, undefined=True)


@ShardedFilename.shape
def _shape_sharded_filename(s, basename, shard, num_shards):
    for dims in (basename, shard, num_shards):
        dims_lib.with_rank(dims, 0)
    return ()


@ShardedFilename.kernel
def _kernel_sharded_filename(k, basename, shard, num_shards):
    return _scalar(f"{_path(basename)}-{int(shard):05d}-of-{int(num_shards):05d}")


def _scalar(text: str) -> Any:
    out = np.empty((), object)
    out[()] = os.fsencode(text)
    return out


# -- ShardedFilespec ---------------------------------------------------------------------------
ShardedFilespec = op(
    "ShardedFilespec",
    "basename: string, num_shards: int32 -> filename: string",
    host_only=True,
)
ShardedFilespec.no_gradient(_REASON, undefined=True)


@ShardedFilespec.shape
def _shape_sharded_filespec(s, basename, num_shards):
    dims_lib.with_rank(basename, 0)
    dims_lib.with_rank(num_shards, 0)
    return ()


@ShardedFilespec.kernel
def _kernel_sharded_filespec(k, basename, num_shards):
    return _scalar(f"{_path(basename)}-?????-of-{int(num_shards):05d}")
