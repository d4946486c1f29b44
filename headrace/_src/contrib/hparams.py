"""tf.contrib.training.HParams: named, typed parameters that flags and files override."""

from __future__ import annotations

import json
import numbers
import re
from typing import Any, Final, NoReturn

from headrace._api.export import export
from headrace._src.core.proto_functions import register_proto_function
from headrace._src.platform import text as text_lib

_ASSIGNMENT: Final = re.compile(
    r"(?P<name>[a-zA-Z][\w\.]*)(\[\s*(?P<index>\d+)\s*\])?\s*=\s*"
    r"((?P<val>[^,\[]*)|\[(?P<vals>[^\]]*)\])($|,\s*)"
)


def _unparsable(name: str, kind: type, value: Any, values: str) -> NoReturn:
    raise ValueError(
        f"Could not parse hparam '{name}' of type '{kind.__name__}' with value '{value}' in "
        f"{values}"
    )


def _assigned_twice(name: str, values: str) -> NoReturn:
    raise ValueError(f"Multiple assignments to variable '{name}' in {values}")


def _parsed(text: str, name: str, kind: type, values: str) -> Any:
    try:
        if kind is not bool:
            return kind(text)
        words = {"true": True, "True": True, "false": False, "False": False}
        return words[text] if text in words else bool(int(text))
    except ValueError:
        _unparsable(name, kind, text, values)


@export("contrib.training.parse_values", v2=())
def parse_values(values: str, type_map: Any, ignore_unknown: bool = False) -> dict[str, Any]:
    """Parse assignments such as `"a=1,b=[1,2],c[1]=x"`.

    Args:
      values: the assignments, separated by commas.
      type_map: dict name → type.
      ignore_unknown: whether names without a type are skipped.

    Returns:
      Dict name → value; a list, or a dict index → value, where the text says so.

    Raises:
      ValueError: the text is malformed, a value is not of its type, or a name is unknown.
    """
    found: dict[str, Any] = {}
    at = 0
    while at < len(values):
        match = _ASSIGNMENT.match(values, at)
        if not match:
            raise ValueError(f"Malformed hyperparameter value: {values[at:]}")
        at = match.end()
        name, index = match["name"], match["index"]
        if name not in type_map:
            if ignore_unknown:
                continue
            raise ValueError(f"Unknown hyperparameter type for {name}")
        kind = type_map[name]
        if match["val"] is not None:
            value = _parsed(match["val"], name, kind, values)
            if not index:
                if name in found:
                    _assigned_twice(name, values)
                found[name] = value
                continue
            elements = found.setdefault(name, {})
            if not isinstance(elements, dict):
                _assigned_twice(name, values)
            if int(index) in elements:
                _assigned_twice(f"{name}[{index}]", values)
            elements[int(index)] = value
        else:
            if index is not None:
                raise ValueError("Assignment of a list to a list index.")
            if name in found:
                _assigned_twice(name, values)
            parts = [part for part in re.split("[ ,]", match["vals"]) if part]
            found[name] = [_parsed(part, name, kind, values) for part in parts]
    return found


def _cast(name: str, kind: type, value: Any) -> Any:
    """`value` as a value of `kind`, where nothing is lost but the width of an integer."""
    if type(value) is kind or issubclass(kind, type(None)):
        return value
    texts = (str, bytes)
    wrong = (
        (issubclass(kind, texts) and not isinstance(value, texts))
        or issubclass(kind, bool) != isinstance(value, bool)
        or (issubclass(kind, numbers.Integral) and not isinstance(value, numbers.Integral))
        or (issubclass(kind, numbers.Number) and not isinstance(value, numbers.Number))
    )
    if wrong:
        raise ValueError(f"Could not cast hparam '{name}' of type '{kind}' from value {value!r}")
    return kind(value)


def _message_type(kind: type) -> str:
    """The word for a type in the names of `HParamType`'s fields."""
    if issubclass(kind, bool):
        return "bool"
    for base, word in ((int, "int64"), ((str, bytes), "bytes"), (float, "float")):
        if issubclass(kind, base):
            return word
    raise ValueError(f"Unsupported parameter type: {kind}")


def _values_of(hparam_def: Any) -> dict[str, Any]:
    """The parameters that an `HParamDef` holds."""
    if type(hparam_def).__name__ != "HParamDef":
        raise AssertionError(f"hparam_def must be an HParamDef, got {hparam_def!r}")
    found: dict[str, Any] = {}
    for name, value in hparam_def.hparam.items():
        field = value.WhichOneof("kind")
        stored = getattr(value, field)
        values = list(stored.value) if field.endswith("_list") else [stored]
        if field.startswith("bytes"):
            values = [text_lib.as_str(v) for v in values]
        found[name] = values if field.endswith("_list") else values[0]
    return found


@export("contrib.training.HParams", v2=())
class HParams:
    """Named parameters; the first value of each says its type.

    Args:
      hparam_def: an `HParamDef` with the parameters, or None.
      model_structure: anything; kept.
      **kwargs: the parameters: numbers, strings, bools, or lists of them.

    Raises:
      ValueError: a name is taken, a list is empty, or there are parameters of both kinds.
      AssertionError: `hparam_def` is another object.
    """

    _HAS_DYNAMIC_ATTRIBUTES = True

    def __init__(self, hparam_def: Any = None, model_structure: Any = None, **kwargs: Any) -> None:
        # Name → (type, whether it is a list).
        self._hparam_types: dict[str, tuple[type, bool]] = {}
        self._model_structure = model_structure
        if hparam_def:
            if kwargs:
                raise ValueError("hparam_def and initialization values are mutually exclusive")
            kwargs = _values_of(hparam_def)
        for name, value in kwargs.items():
            self.add_hparam(name, value)

    def add_hparam(self, name: str, value: Any) -> None:
        """Add a parameter.

        Args:
          name: its name.
          value: its value.

        Raises:
          ValueError: the name is taken, or the list is empty.
        """
        if getattr(self, name, None) is not None:
            raise ValueError(f"Hyperparameter name is reserved: {name}")
        if isinstance(value, (list, tuple)):
            if not value:
                raise ValueError(f"Multi-valued hyperparameters cannot be empty: {name}")
            self._hparam_types[name] = (type(value[0]), True)
        else:
            self._hparam_types[name] = (type(value), False)
        setattr(self, name, value)

    def set_hparam(self, name: str, value: Any) -> None:
        """Set a parameter.

        Args:
          name: its name.
          value: its value, of its type.

        Raises:
          KeyError: there is no such parameter.
          ValueError: the value is of another type.
        """
        kind, is_list = self._hparam_types[name]
        if isinstance(value, list):
            if not is_list:
                raise ValueError(f"Must not pass a list for single-valued parameter: {name}")
            setattr(self, name, [_cast(name, kind, v) for v in value])
        elif is_list:
            raise ValueError(f"Must pass a list for multi-valued parameter: {name}.")
        else:
            setattr(self, name, _cast(name, kind, value))

    def del_hparam(self, name: str) -> None:
        """Delete a parameter, if it is there."""
        if hasattr(self, name):
            delattr(self, name)
            del self._hparam_types[name]

    def parse(self, values: str) -> HParams:
        """Set parameters by assignments such as `"a=1,b=[1,2]"`; returns this object.

        Args:
          values: the assignments; see `parse_values`.

        Raises:
          ValueError: they cannot be parsed.
        """
        kinds = {name: kind for name, (kind, _) in self._hparam_types.items()}
        return self.override_from_dict(parse_values(values, kinds))

    def override_from_dict(self, values_dict: Any) -> HParams:
        """Set parameters; returns this object.

        Args:
          values_dict: dict name → value.

        Raises:
          KeyError: there is no such parameter.
          ValueError: a value is of another type.
        """
        for name, value in values_dict.items():
            self.set_hparam(name, value)
        return self

    def set_from_map(self, values_map: Any) -> HParams:
        """The older name of `override_from_dict`."""
        return self.override_from_dict(values_map)

    def set_model_structure(self, model_structure: Any) -> None:
        """Keep something that describes a model."""
        self._model_structure = model_structure

    def get_model_structure(self) -> Any:
        """Return what `set_model_structure` kept."""
        return self._model_structure

    def to_json(self, indent: Any = None, separators: Any = None, sort_keys: bool = False) -> str:
        """Return the parameters as JSON.

        Args:
          indent: see `json.dumps`.
          separators: likewise.
          sort_keys: likewise.
        """
        return json.dumps(self.values(), indent=indent, separators=separators, sort_keys=sort_keys)

    def parse_json(self, values_json: str) -> HParams:
        """Set parameters from JSON; returns this object.

        Args:
          values_json: a JSON object.
        """
        return self.override_from_dict(json.loads(values_json))

    def values(self) -> dict[str, Any]:
        """Return the parameters as a dict."""
        return {name: getattr(self, name) for name in self._hparam_types}

    def get(self, key: str, default: Any = None) -> Any:
        """Return a parameter.

        Args:
          key: its name.
          default: what to return when there is no such parameter.

        Raises:
          ValueError: `default` is not of the parameter's type.
        """
        if key not in self._hparam_types:
            return default
        if default is not None:
            kind, is_list = self._hparam_types[key]
            shown = f"list<{kind}>" if is_list else str(kind)
            text = f"Hparam '{key}' of type '{shown}' is incompatible with default={default}"
            if is_list != isinstance(default, list):
                raise ValueError(text)
            try:
                for value in default if is_list else [default]:
                    _cast(key, kind, value)
            except ValueError as e:
                raise ValueError(f"{text}. {e}") from None
        return getattr(self, key)

    def to_proto(self, export_scope: str | None = None) -> Any:
        """Return the parameters as an `HParamDef`.

        Args:
          export_scope: unused.

        Raises:
          ValueError: a parameter is of a type that messages do not have.
        """
        from headrace._src.proto import messages

        made = messages.HParamDef()
        for name, (kind, is_list) in self._hparam_types.items():
            word, value = _message_type(kind), getattr(self, name)
            values = [
                text_lib.as_bytes(v) if word == "bytes" else v
                for v in (value if is_list else [value])
            ]
            if is_list:
                getattr(made.hparam[name], f"{word}_list").value.extend(values)
            else:
                setattr(made.hparam[name], f"{word}_value", values[0])
        return made

    @staticmethod
    def from_proto(hparam_def: Any, import_scope: str | None = None) -> HParams:
        """Make parameters of an `HParamDef`.

        Args:
          hparam_def: the message.
          import_scope: unused.
        """
        return HParams(hparam_def=hparam_def)

    def __contains__(self, key: object) -> bool:
        return key in self._hparam_types

    def __str__(self) -> str:
        return ",".join(f"{name}={value}" for name, value in self.values().items())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({sorted(self.values().items())})"


def _message_class() -> Any:
    from headrace._src.proto import messages

    return messages.HParamDef


register_proto_function("hparams", _message_class, HParams.to_proto, HParams.from_proto)
