"""Tables from keys to values: HashTableV2 and what fills, reads and counts it."""

from __future__ import annotations

from typing import Any

import numpy as np

from headrace._src.core import attrs as A
from headrace._src.core import dims as dims_lib
from headrace._src.core import errors
from headrace._src.core.opspec import op
from headrace._src.engine.tables import Table

_NO_GRADIENT = "a table has no derivative"

# -- HashTableV2 -------------------------------------------------------------------------------
HashTableV2 = op(
    "HashTableV2",
    "-> table_handle: resource",
    container=A.text(default=""),
    shared_name=A.text(default=""),
    use_node_name_sharing=A.boolean(default=False),
    key_dtype=A.dtype(),
    value_dtype=A.dtype(),
    stateful=True,
    handle=True,
    host_only=True,
)
HashTableV2.no_gradient(_NO_GRADIENT)


@HashTableV2.shape
def _shape_hash_table(s):
    return ()


@HashTableV2.kernel
def _kernel_hash_table(k, *, key_dtype, value_dtype):
    return k.resource(lambda: Table(key_dtype.as_numpy_dtype, value_dtype.as_numpy_dtype))


# -- LookupTableImportV2, InitializeTableV2 ----------------------------------------------------
LookupTableImportV2 = op(
    "LookupTableImportV2",
    "table_handle: resource, keys: Tin, values: Tout ->",
    Tin=A.dtype(),
    Tout=A.dtype(),
    stateful=True,
    host_only=True,
)
LookupTableImportV2.no_gradient(_NO_GRADIENT, undefined=True)


@LookupTableImportV2.shape
def _shape_import(s, table_handle, keys, values):
    dims_lib.merge(keys, values)
    return []


@LookupTableImportV2.kernel
def _kernel_import(k, table_handle, keys, values):
    table_handle.fill(np.ravel(keys).tolist(), np.ravel(values).tolist())
    return ()


InitializeTableV2 = op(
    "InitializeTableV2",
    "table_handle: resource, keys: Tkey, values: Tval ->",
    Tkey=A.dtype(),
    Tval=A.dtype(),
    stateful=True,
    host_only=True,
)
InitializeTableV2.no_gradient(_NO_GRADIENT)


InitializeTableV2.shape(_shape_import)
InitializeTableV2.kernel(_kernel_import)


# -- InitializeTableFromTextFileV2 -------------------------------------------------------------
_WHOLE_LINE = -2
_LINE_NUMBER = -1

InitializeTableFromTextFileV2 = op(
    "InitializeTableFromTextFileV2",
    "table_handle: resource, filename: string ->",
    key_index=A.integer(minimum=-2),
    value_index=A.integer(minimum=-2),
    vocab_size=A.integer(default=-1, minimum=-1),
    delimiter=A.text(default="\t"),
    stateful=True,
    host_only=True,
)
InitializeTableFromTextFileV2.no_gradient(_NO_GRADIENT)


@InitializeTableFromTextFileV2.shape
def _shape_initialize_from_file(s, table_handle, filename):
    dims_lib.with_rank(filename, 0)
    return []


def _refuse(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


def _field(text: bytes, dtype: Any, number: int) -> Any:
    """A column of a line as an element of a table."""
    if dtype.kind == "O":
        return text
    try:
        return dtype.type(text.decode() if dtype.kind == "f" else int(text))
    except (ValueError, OverflowError):
        shown = {"float32": "float", "float64": "double"}.get(dtype.name, dtype.name)
        raise _refuse(
            f"Field {text.decode('utf-8', 'replace')} in line {number} is not a valid {shown}."
        ) from None


def _column(parts: list[bytes], line: bytes, index: int, number: int, dtype: Any) -> Any:
    if index == _LINE_NUMBER:
        return number
    return _field(line if index == _WHOLE_LINE else parts[index], dtype, number)


@InitializeTableFromTextFileV2.kernel
def _kernel_initialize_from_file(
    k, table_handle, filename, *, key_index, value_index, vocab_size, delimiter
):
    path = np.asarray(filename)[()].decode()
    try:
        with open(path, "rb") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        raise errors.NotFoundError(None, None, f"{path}; No such file or directory") from None
    if vocab_size >= 0:
        if len(lines) < vocab_size:
            raise _refuse(
                f"Invalid vocab_size in {path}: expected {vocab_size} but got {len(lines)}"
            )
        lines = lines[:vocab_size]
    last = max(key_index, value_index)
    keys, values = [], []
    for number, line in enumerate(lines):
        parts = line.split(delimiter.encode()) if last >= 0 else []
        if last >= 0 and len(parts) <= last:
            raise _refuse(
                f"Invalid number of columns in {path} line {number} "
                f"({line.decode('utf-8', 'replace')}) : expected {last} got {len(parts)}"
            )
        keys.append(_column(parts, line, key_index, number, table_handle.key_dtype))
        values.append(_column(parts, line, value_index, number, table_handle.value_dtype))
    table_handle.fill(keys, values)
    return ()


# -- LookupTableFindV2 -------------------------------------------------------------------------
LookupTableFindV2 = op(
    "LookupTableFindV2",
    "table_handle: resource, keys: Tin, default_value: Tout -> values: Tout",
    Tin=A.dtype(),
    Tout=A.dtype(),
    stateful=True,
    host_only=True,
)
LookupTableFindV2.no_gradient(_NO_GRADIENT)


@LookupTableFindV2.shape
def _shape_find(s, table_handle, keys, default_value):
    dims_lib.with_rank_at_most(default_value, 1)
    return None


@LookupTableFindV2.kernel
def _kernel_find(k, table_handle, keys, default_value):
    return table_handle.find(np.asarray(keys), np.asarray(default_value)[()])


# -- LookupTableSizeV2 -------------------------------------------------------------------------
LookupTableSizeV2 = op(
    "LookupTableSizeV2", "table_handle: resource -> size: int64", stateful=True, host_only=True
)
LookupTableSizeV2.no_gradient(_NO_GRADIENT)


@LookupTableSizeV2.shape
def _shape_size(s, table_handle):
    return ()


@LookupTableSizeV2.kernel
def _kernel_size(k, table_handle):
    return np.int64(table_handle.size())


# -- LookupTableExportV2 -----------------------------------------------------------------------
LookupTableExportV2 = op(
    "LookupTableExportV2",
    "table_handle: resource -> keys: Tkeys, values: Tvalues",
    Tkeys=A.dtype(),
    Tvalues=A.dtype(),
    stateful=True,
    host_only=True,
)
LookupTableExportV2.no_gradient(_NO_GRADIENT, undefined=True)


@LookupTableExportV2.shape
def _shape_export(s, table_handle):
    return [(None,), None]


@LookupTableExportV2.kernel
def _kernel_export(k, table_handle):
    return table_handle.export()
