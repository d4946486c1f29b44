"""Build the descriptors of the messages from compact text tables, in a pool of our own.

A table has one block a message or enum. A message's lines read `number name type`, where the type
is a scalar type, a message or enum of the same package, or, with a leading dot, a full name; `*`
marks a repeated field, `{key value}` a map, and `|name` the oneof the field belongs to. An enum's
lines read `number name`. A line `package name` switches the package.
"""

from __future__ import annotations

import re
from typing import Any

from headrace._src.proto import (
    config_tables,
    event_tables,
    graph_tables,
    model_tables,
    trace_tables,
)

TABLES = (graph_tables, config_tables, trace_tables, model_tables, event_tables)
PACKAGE = "tensorflow"

_SCALARS = frozenset(
    "double float int64 uint64 int32 uint32 fixed64 fixed32 bool string bytes sfixed32 sfixed64 "
    "sint32 sint64".split()
)
_FIELD = re.compile(
    r"(?P<number>\d+) (?P<name>\w+) (?:\{(?P<key>\w+) (?P<value>[\w.]+)\}|(?P<type>[\w.]+))"
    r"(?P<repeated>\*?)(?: \|(?P<oneof>\w+))?"
)


class Block:
    """One message or enum of a table: its package, its dotted name in it, and its lines."""

    __slots__ = ("kind", "lines", "name", "package")

    def __init__(self, kind: str, package: str, name: str) -> None:
        self.kind = kind
        self.package = package
        self.name = name
        self.lines: list[str] = []

    @property
    def full_name(self) -> str:
        return f"{self.package}.{self.name}"


def blocks() -> list[Block]:
    """Return the blocks of all tables, in order."""
    found: list[Block] = []
    for table in TABLES:
        package = PACKAGE
        for line in table.TABLE.splitlines():
            word, _, rest = line.partition(" ")
            if word == "package":
                package = rest
            elif word in ("message", "enum"):
                found.append(Block(word, package, rest))
            elif line:
                found[-1].lines.append(line.strip())
    return found


def build_pool() -> Any:
    """Return a new descriptor pool that holds every message of the tables."""
    from google.protobuf import any_pb2, descriptor_pool

    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(any_pb2.DESCRIPTOR.serialized_pb)
    for file in _files():
        pool.AddSerializedFile(file.SerializeToString())
    return pool


def _files() -> list[Any]:
    """One FileDescriptorProto a package; packages only refer to those that come before them."""
    from google.protobuf import descriptor_pb2

    found = blocks()
    enums = {block.full_name for block in found if block.kind == "enum"}
    packages = list(dict.fromkeys(block.package for block in found))
    order = ("error", PACKAGE, "tfprof", "profiler")
    packages.sort(key=lambda package: order.index(package.split(".")[-1]))
    files: list[Any] = []
    for package in packages:
        file = descriptor_pb2.FileDescriptorProto(
            name=f"headrace/{package}.proto", package=package, syntax="proto3"
        )
        file.dependency.extend(["google/protobuf/any.proto", *(other.name for other in files)])
        made: dict[str, Any] = {}
        for block in found:
            if block.package == package:
                _add_block(file, made, block, enums)
        files.append(file)
    return files


def _add_block(file: Any, made: dict[str, Any], block: Block, enums: set[str]) -> None:
    outer, _, name = block.name.rpartition(".")
    if block.kind == "enum":
        enum = (made[outer] if outer else file).enum_type.add(name=name)
        for line in block.lines:
            number, value = line.split()
            enum.value.add(name=value, number=int(number))
        return
    message = made[outer].nested_type.add(name=name) if outer else file.message_type.add(name=name)
    made[block.name] = message
    for line in block.lines:
        parts = _FIELD.fullmatch(line)
        if parts is None:
            raise ValueError(f"Unreadable field in the table of {block.full_name}: {line!r}")
        _add_field(message, block, parts, enums)


def _add_field(message: Any, block: Block, parts: re.Match[str], enums: set[str]) -> None:
    field = message.field.add(name=parts["name"], number=int(parts["number"]))
    repeated = parts["repeated"] or parts["key"]
    field.label = field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL
    if parts["key"]:
        entry = message.nested_type.add(name=_camel(parts["name"]) + "Entry")
        entry.options.map_entry = True
        for number, name in enumerate(("key", "value"), 1):
            inner = entry.field.add(name=name, number=number, label=field.LABEL_OPTIONAL)
            _set_type(inner, parts[name], block.package, enums)
        field.type = field.TYPE_MESSAGE
        field.type_name = f".{block.full_name}.{entry.name}"
        return
    _set_type(field, parts["type"], block.package, enums)
    if parts["oneof"]:
        names = [oneof.name for oneof in message.oneof_decl]
        if parts["oneof"] not in names:
            message.oneof_decl.add(name=parts["oneof"])
            names.append(parts["oneof"])
        field.oneof_index = names.index(parts["oneof"])


def _set_type(field: Any, kind: str, package: str, enums: set[str]) -> None:
    if kind in _SCALARS:
        field.type = getattr(field, f"TYPE_{kind.upper()}")
        return
    full_name = kind[1:] if kind.startswith(".") else f"{package}.{kind}"
    field.type = field.TYPE_ENUM if full_name in enums else field.TYPE_MESSAGE
    field.type_name = f".{full_name}"


def _camel(name: str) -> str:
    """The name protoc gives a map's entry type: `feature_list` makes `FeatureList` + `Entry`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
