"""NodeDefs as records: what a message holds, read from its bytes at once.

Asking a message for one field after another costs more than all the rest of reading a node. In
its bytes the fields come in the order of their numbers: name, op type, inputs, device, then attrs.
The bytes of the attrs tell which nodes have the same ones, which is true of most in a large graph.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from headrace._src.core import opspec
from headrace._src.graph_def import attrs as attrs_lib

# The tags of the fields before the attrs: 1 to 4, each a text.
_NAME, _OP, _INPUT, _DEVICE = 0x0A, 0x12, 0x1A, 0x22
_ATTR: Final = 0x2A
# The beginning of a map entry for the attr of colocation groups.
_GROUPS: Final = b"\x0a\x06_class\x12"
_LONGEST_KEY: Final = 400


class Kind:
    """What NodeDefs with the same op type and the same attrs share.

    Attributes:
      template: what has been read of the attrs, None before.
    """

    __slots__ = ("template",)

    def __init__(self) -> None:
        self.template: Any = None


class Record:
    """What a NodeDef says.

    Attributes:
      name, op, device: as in the NodeDef.     input: its inputs as texts.
      key: the bytes of its attrs without the colocation groups; None when there are too many to be
        compared.
      groups: the bytes of its colocation groups, empty where it has none.
      kind: what it shares with others.        proto: the NodeDef.
    """

    __slots__ = ("device", "groups", "input", "key", "kind", "name", "op", "proto")

    def __init__(self, proto: Any) -> None:
        self.proto = proto
        data = proto.SerializeToString(deterministic=True)
        self.name = self.op = self.device = ""
        self.input: list[str] = []
        at, end = 0, len(data)
        while at < end:
            tag = data[at]
            if tag > _DEVICE or tag & 7 != 2:
                break
            size = data[at + 1]
            start = at + 2
            if size > 0x7F:
                size, start = _long_size(data, at + 1)
            at = start + size
            text = data[start:at].decode()
            if tag == _INPUT:
                self.input.append(text)
            elif tag == _NAME:
                self.name = text
            elif tag == _OP:
                self.op = text
            else:
                self.device = text
        self.key, self.groups = data[at:] if end - at <= _LONGEST_KEY else None, b""
        if self.key is not None:
            at = self.key.find(_GROUPS)
            if at > 0:
                self._split_groups(self.key, at)

    def _split_groups(self, key: bytes, at: int) -> None:
        """Takes the colocation groups out of the key: they differ where all else is the same."""
        # The entry's tag and its length, which takes one byte if it is short.
        if at < 2 or key[at - 2] != _ATTR or key[at - 1] > 0x7F:
            return
        end = at + key[at - 1]
        self.key, self.groups = key[: at - 2] + key[end:], key[at:end]

    @property
    def attr(self) -> Any:
        """The attrs of the NodeDef."""
        return self.proto.attr


def _long_size(data: bytes, at: int) -> tuple[int, int]:
    """A size of several bytes, and where what has it starts."""
    size = shift = 0
    while True:
        byte = data[at]
        at += 1
        size |= (byte & 0x7F) << shift
        if byte <= 0x7F:
            return size, at
        shift += 7


def of(node_defs: Iterable[Any], fill: bool = False) -> list[Record]:
    """The records of NodeDefs.

    Args:
      node_defs: the NodeDefs.
      fill: whether default values of attrs are filled into them, as 1.15 does to its argument.
    """
    made = []
    kinds: dict[tuple[str, bytes | None], Kind] = {}
    for proto in node_defs:
        record = Record(proto)
        made.append(record)
        kind = kinds.get((record.op, record.key))
        if kind is None:
            if fill and _filled(record):
                record = made[-1] = Record(proto)
                kind = kinds.get((record.op, record.key))
            if kind is None:
                kind = Kind()
                if record.key is not None:
                    kinds[record.op, record.key] = kind
        record.kind = kind
    return made


def _filled(record: Record) -> bool:
    """Fills in default values; whether any were missing."""
    spec = opspec.lookup(record.op)
    return spec is not None and attrs_lib.fill_defaults(record.proto, spec)
