"""Attr values of NodeDefs: defaults, the checks of 1.15, and the internal form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from headrace._src.core import dtypes, tensor_proto
from headrace._src.core.attrs import AttrSpec
from headrace._src.core.dtypes import DType
from headrace._src.core.opspec import Arg, OpSpec
from headrace._src.graph_def import newer

_FIELD_KINDS: Final = {
    "s": "string",
    "i": "int",
    "f": "float",
    "b": "bool",
    "type": "type",
    "shape": "shape",
    "tensor": "tensor",
    "func": "func",
}
# Attrs that no op declares, but that say something: the fields of their lists.
_KNOWN: Final = {"_class": "s", "_output_shapes": "shape"}
_LONG_NAMES: Final = {"float32": "float", "float64": "double", "float16": "half"}
# Longer lists of allowed values are shown by their ends.
_SHOWN_WHOLE: Final = 15
_SHOWN_EACH_END: Final = 5


# -- defaults --------------------------------------------------------------------------------------


def fill_defaults(node_def: Any, spec: OpSpec) -> bool:
    """Adds the default values of attrs that a NodeDef leaves out, as 1.15 does to its argument.

    Returns:
      Whether there were any.
    """
    changed = False
    for name, attr in spec.attrs.items():
        if not attr.has_default:
            continue
        if name not in node_def.attr or node_def.attr[name].WhichOneof("value") is None:
            node_def.attr[name].CopyFrom(tensor_proto.attr_value(attr.kind, attr.default))
            changed = True
    return changed


def drop_unknown_defaults(node_def: Any, spec: OpSpec, producer: Any) -> None:
    """Removes attrs that the op does not know and that have the default of the producer's OpDef."""
    # OpDefs cannot declare attrs whose names begin with an underscore.
    unknown = [n for n in node_def.attr if n not in spec.attrs and not n.startswith("_")]
    if not unknown:
        return
    known = {attr.name: attr for attr in producer.attr}
    for name in unknown:
        attr = known.get(name)
        if attr is None or not attr.HasField("default_value"):
            continue
        if node_def.attr[name] == attr.default_value:
            del node_def.attr[name]


# -- reading ---------------------------------------------------------------------------------------


def read(
    node_def: Any, shown: str, spec: OpSpec, function: Callable[[str], Any] | None
) -> dict[str, Any]:
    """The attrs of a NodeDef in the internal form, defaults filled in.

    Args:
      node_def: the NodeDef.
      shown: the node's name in messages.
      spec: the spec of its op type.
      function: finds the body of a function by its name.

    Raises:
      ValueError: an attr is missing, unknown, of another type, or has a value not allowed.
    """
    values: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for name, proto in node_def.attr.items():
        if name.startswith("_"):
            value = read_extra(proto, name, shown, function)
            if value is not None:
                extra[name] = value
            continue
        attr = spec.attrs.get(name)
        if attr is None:
            if newer.says_nothing(spec.type, name, proto):
                continue
            raise ValueError(
                f"NodeDef mentions attr '{name}' not in {describe(spec)}; "
                f"NodeDef: {{{{node {shown}}}}}. (Check whether your GraphDef-interpreting binary "
                "is up to date with your GraphDef-generating binary.)."
            )
        try:
            check(proto, name, attr)
        except ValueError as e:
            context = f"\n\t ; NodeDef: {{{{node {shown}}}}}; {describe(spec)}"
            raise ValueError(f"{e}{context}") from None
        values[name] = _value(proto, name, attr, shown, function)
    missing = [n for n, a in spec.attrs.items() if n not in values and not a.has_default]
    if missing:
        named = ", ".join(f"'{n}'" for n in missing)
        raise ValueError(
            f"NodeDef missing attr{'s' if len(missing) > 1 else ''} {named} from "
            f"{describe(spec)}; NodeDef: {{{{node {shown}}}}}"
        )
    ordered = {n: values.get(n, a.default) for n, a in spec.attrs.items()}
    ordered.update(extra)
    return ordered


def read_extra(proto: Any, name: str, shown: str, function: Callable[[str], Any] | None) -> Any:
    """The value of an attr that no op declares; None where there is none."""
    try:
        value = tensor_proto.attr_from_proto(proto, function)
    except (TypeError, ValueError) as e:
        raise ValueError(f"Attr '{name}' of node '{shown}' cannot be read: {e}") from None
    expected = _KNOWN.get(name)
    if expected is not None and value is not None:
        listed = [d.name for d, _ in proto.list.ListFields()]
        if proto.WhichOneof("value") != "list" or listed not in ([], [expected]):
            raise ValueError(
                f"Attr '{name}' of node '{shown}' is no list of {_FIELD_KINDS[expected]}s"
            )
    return value


def read_groups(proto: Any, shown: str, function: Callable[[str], Any] | None) -> Any:
    """The value of a `_class` attr; see `read_extra`."""
    fields = proto.list.ListFields()
    if len(fields) != 1 or fields[0][0].name != _KNOWN["_class"]:
        return read_extra(proto, "_class", shown, function)
    return tuple([tensor_proto.text_from_bytes(value) for value in fields[0][1]])


def _value(
    proto: Any, name: str, attr: AttrSpec, shown: str, function: Callable[[str], Any] | None
) -> Any:
    if attr.kind == "func" or attr.kind == "list(func)":
        made = tensor_proto.attr_from_proto(proto, function) or ()
        for reference in made if attr.is_list else (made,):
            if reference.graph is None:
                raise ValueError(
                    f"Node '{shown}' calls the function '{reference.name}', which neither the "
                    "GraphDef nor the graph has"
                )
        return made
    try:
        value = tensor_proto.attr_from_proto(proto)
    except (TypeError, ValueError) as e:
        raise ValueError(
            f"Attr '{name}' of node '{shown}' cannot be read: {e}; NodeDef: {{{{node {shown}}}}}"
        ) from None
    if attr.kind == "shape" or attr.kind == "tensor":
        return value
    return tuple(value or ()) if attr.is_list else value


def check(proto: Any, name: str, attr: AttrSpec) -> None:
    """Checks an AttrValue against the declaration of the attr.

    Raises:
      ValueError: it is of another type, or its value is not allowed.
    """
    field = proto.WhichOneof("value")
    if field == "placeholder":
        raise ValueError(f"AttrValue had value with unexpected type 'placeholder' for '{name}'")
    items = _list_items(proto, attr) if field == "list" else None
    if items is None:
        kind = _FIELD_KINDS.get(field or "")
        if kind is None:
            raise ValueError(f"AttrValue missing value with expected type '{attr.kind}'")
        if kind != attr.kind:
            raise ValueError(f"AttrValue had value with type '{kind}' when '{attr.kind}' expected")
        values = [getattr(proto, field)]
    else:
        values = items
    kind = attr.kind[5:-1] if attr.is_list else attr.kind
    if kind == "type":
        for value in values:
            _check_enum(value)
    if attr.minimum is not None:
        if attr.is_list and len(values) < attr.minimum:
            raise ValueError(
                f"Length for attr '{name}' of {len(values)} must be at least minimum {attr.minimum}"
            )
        if attr.kind == "int" and values[0] < attr.minimum:
            raise ValueError(
                f"Value for attr '{name}' of {values[0]} must be at least minimum {attr.minimum}"
            )
    if attr.allowed is not None:
        for value in values:
            _check_allowed(value, name, attr, kind)


def _list_items(proto: Any, attr: AttrSpec) -> list[Any]:
    found = [(d.name, items) for d, items in proto.list.ListFields()]
    if not attr.is_list:
        kind = f"list({_FIELD_KINDS[found[0][0]]})" if found else "list"
        raise ValueError(f"AttrValue had value with type '{kind}' when '{attr.kind}' expected")
    for field, _ in found:
        kind = f"list({_FIELD_KINDS[field]})"
        if kind != attr.kind:
            raise ValueError(f"AttrValue had value with type '{kind}' when '{attr.kind}' expected")
    return list(found[0][1]) if found else []


def _check_enum(value: int) -> None:
    if value == 0:
        raise ValueError("AttrValue has invalid DataType")
    try:
        dtypes.as_dtype(value)
    except TypeError:
        raise ValueError(f"AttrValue has invalid DataType enum: {value}") from None


def _check_allowed(value: Any, name: str, attr: AttrSpec, kind: str) -> None:
    assert attr.allowed is not None
    if kind == "type":
        dtype = dtypes.as_dtype(value)
        if dtype in attr.allowed:
            return
        shown = type_text(dtype)
        allowed = ", ".join(type_text(t) for t in attr.allowed)
    else:
        text = value.decode("utf-8", "replace")
        if text in attr.allowed:
            return
        shown = f'"{text}"'
        allowed = ", ".join(f'"{t}"' for t in attr.allowed)
    raise ValueError(
        f"Value for attr '{name}' of {shown} is not in the list of allowed values: {allowed}"
    )


# -- types -----------------------------------------------------------------------------------------


def input_types(spec: OpSpec, values: dict[str, Any]) -> list[DType]:
    """The dtypes of the flat inputs for these attr values; references where the op takes them."""
    types: list[DType] = []
    for arg in spec.inputs:
        for dtype in spec._arg_types(arg, values):
            types.append(dtype._as_ref if arg.is_ref else dtype)
    return types


def type_text(dtype: DType) -> str:
    """The name of a dtype in messages of the runtime: `float`, `int32`, `float_ref`."""
    base = dtype.base_dtype.name
    return _LONG_NAMES.get(base, base) + ("_ref" if dtype._is_ref_dtype else "")


def describe(spec: OpSpec) -> str:
    """An op's interface in one line, as messages of the runtime show it."""
    parts = [
        f"Op<name={spec.type}",
        f"signature={_arguments(spec.inputs)} -> {_arguments(spec.outputs)}",
    ]
    for name, attr in spec.attrs.items():
        text = f"attr={name}:{attr.kind}"
        if attr.has_default:
            text += f",default={_attr_text(attr.default, attr)}"
        if attr.minimum is not None:
            text += f",min={attr.minimum}"
        if attr.allowed is not None:
            text += f",allowed={_listed([_attr_text(v, attr) for v in attr.allowed])}"
        parts.append(text)
    if spec.stateful:
        parts.append("is_stateful=true")
    return "; ".join(parts).replace(" -> ;", " -> ;") + ">"


def _arguments(arguments: Sequence[Arg]) -> str:
    texts = []
    for arg in arguments:
        kind = arg.type_attr or ("" if arg.dtype is None else type_text(arg.dtype))
        if arg.number_attr is not None:
            kind = f"{arg.number_attr}*{kind}"
        texts.append(f"{arg.name}:Ref({kind})" if arg.is_ref else f"{arg.name}:{kind}")
    return ", ".join(texts)


def _attr_text(value: Any, attr: AttrSpec) -> str:
    if isinstance(value, DType):
        return f"DT_{type_text(value).upper()}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if attr.kind == "shape":
        return "<unknown>" if value is None else _dims_text(value)
    if isinstance(value, tuple):
        return _listed([_attr_text(v, attr) for v in value])
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def _dims_text(dims: Sequence[int | None]) -> str:
    return f"[{','.join('?' if d is None else str(d) for d in dims)}]"


def _listed(texts: list[str]) -> str:
    if len(texts) > _SHOWN_WHOLE:
        texts = [*texts[:_SHOWN_EACH_END], "...", *texts[-_SHOWN_EACH_END:]]
    return f"[{', '.join(texts)}]"
