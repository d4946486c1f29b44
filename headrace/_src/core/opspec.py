"""Op specs: the interface of an op type, its rules, and how calling it adds a node.

`op(type, signature, ...)` declares an op and returns its `OpSpec`; see
docs/design/001-ops-and-kernels.md. The registry is
keyed by op type. Families of ops are modules of `headrace._src.ops`; `lookup` imports them all when
a type is not known yet.
"""

from __future__ import annotations

import collections
import functools
import inspect
import re
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, Final

from headrace._src.core import convert, dtypes, eager_inputs
from headrace._src.core import graph as graph_lib
from headrace._src.core.attrs import REQUIRED, AttrSpec
from headrace._src.core.dims import Dims
from headrace._src.core.operation import Operation
from headrace._src.core.shape_context import ShapeContext, first_shape_error
from headrace._src.core.tensor import Tensor

_REGISTRY: Final[dict[str, OpSpec]] = {}
_LOADERS: Final[list[Callable[[], None]]] = []

_ARG = re.compile(
    r"^(?P<name>\w+): (?:(?P<number>\w+) \* )?(?P<list>list:)?(?P<ref>Ref\()?(?P<type>\w+)\)?$"
)


class Arg:
    """One input or output of an op signature."""

    __slots__ = ("dtype", "is_list", "is_ref", "name", "number_attr", "type_attr", "type_list_attr")

    def __init__(self, text: str, attrs: dict[str, AttrSpec]) -> None:
        match = _ARG.match(text.strip())
        if match is None:
            raise ValueError(f"cannot read the argument {text!r} of an op signature")
        self.name: str = match["name"]
        self.number_attr: str | None = match["number"]
        self.is_ref: bool = match["ref"] is not None
        self.type_attr: str | None = None
        self.type_list_attr: str | None = None
        self.dtype: dtypes.DType | None = None
        kind = match["type"]
        if match["list"]:
            self.type_list_attr = kind
        elif kind in attrs:
            self.type_attr = kind
        else:
            self.dtype = dtypes.as_dtype(kind)
        self.is_list = self.number_attr is not None or self.type_list_attr is not None


def _parse_args(text: str, attrs: dict[str, AttrSpec]) -> tuple[Arg, ...]:
    text = text.strip()
    return tuple(Arg(part, attrs) for part in text.split(", ")) if text else ()


def _complete_attrs(
    signature: str, given: dict[str, AttrSpec], op_type: str
) -> dict[str, AttrSpec]:
    """Adds the number and type-list attrs that only the signature names."""
    attrs = dict(given)
    for number in re.findall(r": (\w+) \* ", signature):
        attrs.setdefault(number, AttrSpec("int", minimum=1))
    for types in re.findall(r"list:(\w+)", signature):
        attrs.setdefault(types, AttrSpec("list(type)", minimum=1))
    return attrs


class OpSpec:
    """The interface and the rules of one op type; calling it adds a node to the graph.

    Attributes:
      type: the op type, as in GraphDef.
      inputs, outputs: the arguments of the signature.
      attrs: attr name → `AttrSpec`.
      flags: the flags given to `op`, see docs/design/001-ops-and-kernels.md.
    """

    def __init__(
        self, op_type: str, signature: str, attrs: dict[str, AttrSpec], flags: dict[str, Any]
    ) -> None:
        self.type = op_type
        self.attrs = _complete_attrs(signature, attrs, op_type)
        left, arrow, right = signature.partition("->")
        if not arrow:
            raise ValueError(f"the signature of {op_type} has no '->'")
        self.inputs = _parse_args(left, self.attrs)
        self.outputs = _parse_args(right, self.attrs)
        self.stateful: bool = flags.pop("stateful", False)
        self.random: bool = flags.pop("random", False)
        self.host_only: bool = flags.pop("host_only", False)
        self.blocking: bool = flags.pop("blocking", False)
        self.foldable: bool = flags.pop("foldable", True)
        self.commutative: bool = flags.pop("commutative", False)
        self.aggregate: bool = flags.pop("aggregate", False)
        self.static: tuple[str, ...] | Callable[[Operation], tuple[str, ...]] = flags.pop(
            "static", ()
        )
        self.moves_data: bool = flags.pop("moves_data", False)
        self.value_from_shapes: Callable[..., Any] | None = flags.pop("value_from_shapes", None)
        self.known_when_lowered: bool = flags.pop("known_when_lowered", False)
        self.python_constant: bool = flags.pop("python_constant", False)
        self.allows_uninitialized: bool = flags.pop("allows_uninitialized", False)
        self.calls_functions: bool = flags.pop("calls_functions", False)
        self.needs_op: bool = flags.pop("needs_op", False)
        self.interpreted_first: bool = flags.pop("interpreted_first", False)
        self.kernel_ignores: tuple[str, ...] = flags.pop("kernel_ignores", ())
        self.forwards_reference: bool = flags.pop("forwards_reference", False)
        self.handle: bool = flags.pop("handle", False)
        self.functions: tuple[Any, ...] = flags.pop("functions", ())
        self.called: Callable[[Operation], list[Any]] | None = flags.pop("called", None)
        self.cost: Any = flags.pop("cost", None)
        self.xla_ignores: tuple[str, ...] = flags.pop("xla_ignores", ())
        self.padding: str = flags.pop("padding", "")
        self.preserves_elements: Any = flags.pop("preserves_elements", False)
        self.shape_rule: Callable[..., Any] | None = None
        self.host: Callable[..., Any] | None = None
        self.xla: Callable[..., Any] | None = None
        self.direct_rule: Callable[[Operation], Callable[..., Any] | None] | None = None
        self.gradient_rule: Callable[..., Any] | None = None
        self._shape_attrs: tuple[str, ...] = ()
        self._host_attrs: tuple[str, ...] = ()
        self._xla_attrs: tuple[str, ...] = ()
        self.gradient_reason: str | None = None
        self.gradient_undefined = False
        if flags:
            raise TypeError(f"{op_type}: unknown flags {sorted(flags)}")
        self._prepare()

    # -- declaration ---------------------------------------------------------------------------

    def shape(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: sets the shape rule."""
        self.shape_rule = rule
        self._shape_attrs = _keyword_names(rule, self, len(self.inputs) + 1)
        return rule

    def kernel(self, body: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: sets the kernel of both executors."""
        self.host_kernel(body)
        if not self.host_only:
            self.xla_kernel(body)
        return body

    def host_kernel(self, body: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: sets the interpreter's kernel."""
        self.host = body
        self._host_attrs = _keyword_names(body, self, len(self.inputs) + 1)
        return body

    def direct(
        self, rule: Callable[[Operation], Callable[..., Any] | None]
    ) -> Callable[[Operation], Callable[..., Any] | None]:
        """Decorator: sets what the interpreter may call in place of the kernel.

        Args:
          rule: `rule(operation)`: a function of the inputs alone that gives what the kernel gives,
            such as a NumPy ufunc, or None. When it raises, the kernel is asked for the error.
        """
        self.direct_rule = rule
        return rule

    def xla_kernel(self, body: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: sets the kernel used when lowering."""
        self.xla = body
        self._xla_attrs = _keyword_names(body, self, len(self.inputs) + 1)
        return body

    def gradient(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: sets the gradient rule."""
        self.gradient_rule = rule
        return rule

    def no_gradient(self, reason: str, undefined: bool = False) -> None:
        """Declares that the op has no gradient, and why.

        Args:
          reason: why; shown to users who differentiate through the op.
          undefined: whether differentiating through it is an error, as in 1.15, rather than no
            gradient.
        """
        self.gradient_reason = reason
        self.gradient_undefined = undefined

    def static_inputs(self, operation: Operation) -> tuple[str, ...]:
        """The names of the inputs of an operation that must be known before it is lowered."""
        return self.static(operation) if callable(self.static) else self.static

    @property
    def has_effects(self) -> bool:
        """Whether executing the op changes something: stateful, or writing to a reference."""
        return self.stateful or self.ref_inputs

    @property
    def has_gradient_decision(self) -> bool:
        """Whether the op has a gradient rule or says why it has none."""
        return self.gradient_rule is not None or self.gradient_reason is not None

    def _prepare(self) -> None:
        inferred: set[str] = set()
        for arg in self.inputs:
            inferred.update(
                a for a in (arg.number_attr, arg.type_attr, arg.type_list_attr) if a is not None
            )
        self._inferred = frozenset(inferred)
        self._explicit = [(n, a) for n, a in self.attrs.items() if n not in inferred]
        self._default_types = {
            n: a.default for n, a in self.attrs.items() if a.kind == "type" and a.has_default
        }
        self.ref_inputs = any(arg.is_ref for arg in self.inputs)
        self.has_list_inputs = any(arg.is_list for arg in self.inputs)
        self.has_list_outputs = any(arg.is_list for arg in self.outputs)
        self.single_output = len(self.outputs) == 1 and not self.has_list_outputs
        if len(self.outputs) > 1:
            # 1.15 names the tuple type after the op and its fields after the outputs.
            self._result_type = collections.namedtuple(  # type: ignore[misc]
                self.type, [arg.name for arg in self.outputs], rename=True
            )

    # -- building ------------------------------------------------------------------------------

    def __call__(self, *inputs: Any, name: str | None = None, **attrs: Any) -> Any:
        """Adds a node and returns its outputs; see docs/design/001-ops-and-kernels.md."""
        graph = graph_lib.get_default_graph()
        if graph.executes:
            return graph.executed(self, inputs, name, attrs)
        return self.results(self.make(*inputs, name=name, **attrs))

    def results(self, operation: Operation) -> Any:
        """The outputs of `operation` in the form that calling the spec returns."""
        if self.single_output:
            return operation.outputs[0]
        if not self.outputs:
            # What was executed at once is done: there is nothing to wait for.
            return None if operation.graph.executes else operation
        if len(self.outputs) == 1:
            # As in 1.15, a node without outputs stands for its empty list.
            return list(operation.outputs) or operation
        if not self.has_list_outputs:
            return self._result_type(*operation.outputs)
        parts: list[Any] = []
        start = 0
        for arg in self.outputs:
            if arg.is_list:
                n = len(self._arg_types(arg, operation.attrs))
                parts.append(list(operation.outputs[start : start + n]))
                start += n
            else:
                parts.append(operation.outputs[start])
                start += 1
        return self._result_type(*parts)

    def make(self, *inputs: Any, name: str | None = None, **attrs: Any) -> Operation:
        """Adds a node and returns it.

        Raises:
          TypeError: an input or attr is of the wrong type.
          ValueError: inputs of different graphs, shapes that do not fit, an attr value not allowed.
        """
        if len(inputs) != len(self.inputs):
            raise TypeError(
                f"{self.type}() takes {len(self.inputs)} inputs "
                f"({', '.join(a.name for a in self.inputs)}), got {len(inputs)}"
            )
        graph = graph_lib.graph_from_inputs(inputs)
        if graph.executes:
            eager_inputs.check_no_references(self)
            found: dict[str, Any] = {}
            flat = eager_inputs.converted(self, inputs, found, name)
            try:
                eager_inputs.truths(self, attrs)
                self._set_explicit(attrs, found)
            except (TypeError, ValueError) as e:
                raise eager_inputs.refusal(self, e) from None
            return self._add(graph, name or "", flat, found)
        if name is None:
            scope = graph.unique_scope(self.type)
        elif name[-1:] == "/":
            scope = name[:-1]
        else:
            graph_lib.check_scope_name(graph, name)
            scope = graph.unique_scope(name)
        values: dict[str, Any] = {}
        tensors: list[Any] = []
        if self.has_list_inputs:
            with graph.entered(scope):
                inferrer = _Inference(self, values)
                for arg, value in zip(self.inputs, inputs, strict=True):
                    tensors.extend(inferrer.add(arg, value))
        else:
            inferrer = None
            for arg, value in zip(self.inputs, inputs, strict=True):
                # The common case by hand: a tensor whose type is new or is the one inferred before.
                if type(value) is Tensor and inferrer is None:
                    dtype = value.dtype
                    if not arg.is_ref and dtype._is_ref_dtype:
                        dtype = dtype.base_dtype
                    key = arg.type_attr
                    if key is not None and not arg.is_ref:
                        known = values.get(key)
                        if known is dtype:
                            tensors.append(value)
                            continue
                        if known is None:
                            allowed = self.attrs[key].allowed
                            if allowed is None or dtype in allowed:
                                values[key] = dtype
                                tensors.append(value)
                                continue
                    elif arg.dtype is dtype:
                        tensors.append(value)
                        continue
                if inferrer is None:
                    inferrer = _Inference(
                        self, values, tuple(zip(self.inputs, inputs, strict=True))
                    )
                with graph.entered(scope):
                    tensors.extend(inferrer.add(arg, value))
        self._set_explicit(attrs, values)
        return self._add(graph, scope, tensors, values)

    def _set_explicit(self, attrs: dict[str, Any], values: dict[str, Any]) -> None:
        """Adds the attrs that inputs do not determine to `values`."""
        for key, spec in self._explicit:
            value = attrs.pop(key, REQUIRED)
            if value is REQUIRED or (value is None and spec.has_default):
                if spec.default is REQUIRED:
                    raise TypeError(f"No argument for attr {key}")
                values[key] = spec.default
            else:
                values[key] = spec.normalize(self.type, key, value)
        if attrs:
            self._refuse(attrs, values)

    def _refuse(self, extra: dict[str, Any], values: dict[str, Any]) -> None:
        for key in extra:
            if key in values:
                raise TypeError(f"Should not specify value for inferred attr '{key}'.")
        raise TypeError(f"{self.type} got unexpected keyword arguments: {', '.join(sorted(extra))}")

    def _add(
        self, graph: graph_lib.Graph, scope: str, tensors: list[Tensor], values: dict[str, Any]
    ) -> Operation:
        if self.ref_inputs:
            refs = [t for t in tensors if t.dtype._is_ref_dtype]
            flat_args = self._flat_args(values)
            refs = [t for t, arg in zip(tensors, flat_args, strict=True) if arg.is_ref]
            return graph.add_operation(self, scope, tensors, values, colocate_with=refs)
        return graph.add_operation(self, scope, tensors, values)

    def complete_from_inputs(self, values: dict[str, Any], tensors: list[Tensor]) -> None:
        """Infers the attrs that flat, converted inputs determine and `values` does not hold."""
        start = 0
        for arg in self.inputs:
            if arg.type_list_attr is not None:
                if arg.type_list_attr not in values:
                    rest = [t.dtype.base_dtype for t in tensors[start:]]
                    values[arg.type_list_attr] = tuple(rest)
                start += len(values[arg.type_list_attr])
                continue
            n = 1
            if arg.number_attr is not None:
                n = values.setdefault(arg.number_attr, len(tensors) - start)
            if arg.type_attr is not None and n:
                values.setdefault(arg.type_attr, tensors[start].dtype.base_dtype)
            start += n

    def _flat_args(self, values: dict[str, Any]) -> list[Arg]:
        flat: list[Arg] = []
        for arg in self.inputs:
            flat.extend([arg] * (len(self._arg_types(arg, values)) if arg.is_list else 1))
        return flat

    def flat_inputs(self, operation: Operation) -> list[Arg]:
        """The argument that each flat input of `operation` belongs to."""
        if not self.has_list_inputs:
            return list(self.inputs)
        return self._flat_args(operation.attrs)

    def _arg_types(self, arg: Arg, values: dict[str, Any]) -> Sequence[dtypes.DType]:
        if arg.type_list_attr is not None:
            return values[arg.type_list_attr]  # type: ignore[no-any-return]
        dtype: Any = values[arg.type_attr] if arg.type_attr is not None else arg.dtype
        if arg.number_attr is not None:
            return [dtype] * values[arg.number_attr]
        return (dtype,)

    def output_types(self, values: dict[str, Any]) -> list[dtypes.DType]:
        """The dtypes of the flat outputs for these attr values."""
        types: list[dtypes.DType] = []
        for arg in self.outputs:
            for dtype in self._arg_types(arg, values):
                types.append(dtype._as_ref if arg.is_ref else dtype)
        return types

    def infer_shapes(self, operation: Operation) -> Sequence[Dims]:
        """The static shapes of the flat outputs of `operation`."""
        rule = self.shape_rule
        if rule is None:
            return (None,) * len(operation.outputs)
        context = ShapeContext(operation)
        flat = [t.dims for t in operation._inputs]
        args: Sequence[Any] = self.group(operation, flat) if self.has_list_inputs else flat
        attrs, names = operation.attrs, self._shape_attrs
        try:
            if not names:
                result = rule(context, *args)
            elif len(names) == 1:
                result = rule(context, *args, **{names[0]: attrs[names[0]]})
            else:
                result = rule(context, *args, **{n: attrs[n] for n in names})
        except ValueError as e:
            kwargs = {n: attrs[n] for n in names}
            raise first_shape_error(operation, e, lambda s: rule(s, *args, **kwargs)) from None
        if self.single_output:
            return (result,)
        return result  # type: ignore[no-any-return]

    def group(self, operation: Operation, flat: Sequence[Any]) -> list[Any]:
        """Groups values of the flat inputs by argument: list arguments become lists."""
        grouped: list[Any] = []
        start = 0
        for arg in self.inputs:
            if arg.is_list:
                n = len(self._arg_types(arg, operation.attrs))
                grouped.append(list(flat[start : start + n]))
                start += n
            else:
                grouped.append(flat[start])
                start += 1
        return grouped

    # -- running -------------------------------------------------------------------------------

    def bind(self, operation: Operation, xla: bool = False) -> Callable[..., Any]:
        """The kernel for one operation: a function `(k, *flat_inputs)`, attrs bound."""
        body, names = (self.xla, self._xla_attrs) if xla else (self.host, self._host_attrs)
        if body is None:
            raise NotImplementedError(
                f"{self.type} (node {operation.name!r}) has no "
                f"{'XLA' if xla else 'host'} kernel in headrace"
            )
        attrs = {n: operation.attrs[n] for n in names}
        if self.has_list_inputs:
            sizes = [
                len(self._arg_types(a, operation.attrs)) if a.is_list else None for a in self.inputs
            ]
            return functools.partial(_call_grouped, body, sizes, attrs)
        return functools.partial(body, **attrs) if attrs else body

    def __repr__(self) -> str:
        return f"<OpSpec {self.type}>"


def _call_grouped(
    body: Callable[..., Any], sizes: list[int | None], attrs: dict[str, Any], k: Any, *flat: Any
) -> Any:
    args: list[Any] = []
    start = 0
    for n in sizes:
        if n is None:
            args.append(flat[start])
            start += 1
        else:
            args.append(list(flat[start : start + n]))
            start += n
    return body(k, *args, **attrs)


def _keyword_names(function: Callable[..., Any], spec: OpSpec, positional: int) -> tuple[str, ...]:
    """The attrs that a rule or kernel asks for: its parameters after the inputs.

    `inspect.signature` would tell them too, and take a tenth of the time of loading all ops.
    """
    function = inspect.unwrap(function)
    if not isinstance(function, FunctionType):
        raise TypeError(f"{spec.type}: {function} is no function")
    code = function.__code__
    count = code.co_argcount
    optional = set(code.co_varnames[count - len(function.__defaults__ or ()) : count])
    optional.update(function.__kwdefaults__ or ())
    names = []
    for name in code.co_varnames[min(positional, count) : count + code.co_kwonlyargcount]:
        if name in spec.attrs:
            names.append(name)
        elif name not in optional:
            raise TypeError(f"{spec.type}: {function.__name__} asks for unknown attr {name}")
    if code.co_flags & inspect.CO_VARKEYWORDS:
        names.extend(n for n in spec.attrs if n not in names)
    return tuple(names)


class _Inference:
    """Converts the inputs of one call and infers its attrs, with 1.15's rules and messages."""

    def __init__(
        self, spec: OpSpec, values: dict[str, Any], done: tuple[tuple[Arg, Any], ...] = ()
    ) -> None:
        self.spec = spec
        self.values = values
        self.inferred_from = {
            arg.type_attr: arg.name for arg, _ in reversed(done) if arg.type_attr in values
        }

    def add(self, arg: Arg, value: Any) -> list[Tensor]:
        """Converts the value of one argument; returns its flat tensors."""
        if arg.is_list:
            tensors = self._convert_list(arg, value)
        else:
            tensors = [self._convert(arg, value)]
        types = [t.dtype.base_dtype for t in tensors]
        if arg.number_attr is not None:
            self._infer_number(arg, tensors)
            if arg.type_attr is not None and arg.type_attr not in self.values:
                if not types:
                    raise TypeError(
                        "Don't know how to infer type variable from empty input list passed to "
                        f"input '{arg.name}' of '{self.spec.type}' Op."
                    )
                self._infer_type(arg, types[0])
        elif arg.type_attr is not None:
            self._infer_type(arg, types[0])
        elif arg.type_list_attr is not None:
            self._infer_types(arg, types)
        if arg.is_ref and not all(t.dtype._is_ref_dtype for t in tensors):
            raise TypeError(
                f"'{self.spec.type}' Op requires that input '{arg.name}' be a mutable tensor "
                "(e.g.: a tf.Variable)"
            )
        return tensors

    def _infer_number(self, arg: Arg, tensors: list[Tensor]) -> None:
        key = arg.number_attr
        assert key is not None
        n = len(tensors)
        if key in self.values:
            if n != self.values[key]:
                raise ValueError(
                    f"List argument '{arg.name}' to '{self.spec.type}' Op with length {n} must "
                    f"match length {self.values[key]} of argument '{self.inferred_from[key]}'."
                )
            return
        self.values[key] = n
        self.inferred_from[key] = arg.name
        minimum = self.spec.attrs[key].minimum
        if minimum is not None and n < minimum:
            raise ValueError(
                f"List argument '{arg.name}' to '{self.spec.type}' Op with length {n} shorter "
                f"than minimum length {minimum}."
            )

    def _infer_type(self, arg: Arg, dtype: dtypes.DType) -> None:
        key = arg.type_attr
        assert key is not None
        known = self.values.get(key)
        if known is None:
            self.spec.attrs[key].check_type(dtype, arg.name)
            self.values[key] = dtype
            self.inferred_from[key] = arg.name
        elif known is not dtype:
            raise TypeError(
                f"Input '{arg.name}' of '{self.spec.type}' Op has type {dtype.name} that does "
                f"not match type {known.name} of argument '{self.inferred_from[key]}'."
            )

    def _infer_types(self, arg: Arg, types: list[dtypes.DType]) -> None:
        key = arg.type_list_attr
        assert key is not None
        known = self.values.get(key)
        if known is None:
            spec = self.spec.attrs[key]
            for dtype in types:
                spec.check_type(dtype, arg.name)
            self.values[key] = tuple(types)
            self.inferred_from[key] = arg.name
        elif list(known) != types:
            raise TypeError(
                f"Input '{arg.name}' of '{self.spec.type}' Op has type list of "
                f"{', '.join(t.name for t in types)} that does not match type list "
                f"{', '.join(t.name for t in known)} of argument '{self.inferred_from[key]}'."
            )

    def _convert_list(self, arg: Arg, values: Any) -> list[Tensor]:
        if not isinstance(values, (list, tuple)):
            raise TypeError(
                f"Expected list for '{arg.name}' argument to '{self.spec.type}' Op, not {values}."
            )
        dtype = preferred = None
        if arg.dtype is not None:
            dtype = arg.dtype
        elif arg.number_attr is not None:
            dtype = self.values.get(arg.type_attr or "")
            if dtype is None:
                dtype = next((v.dtype for v in values if isinstance(v, Tensor)), None)
            if dtype is None:
                preferred = self.spec._default_types.get(arg.type_attr or "")
        if dtype is not None and not arg.is_ref:
            dtype = dtype.base_dtype
        try:
            tensors = convert.convert_n_to_tensor(
                values, dtype=dtype, name=arg.name, preferred_dtype=preferred, as_ref=arg.is_ref
            )
            if arg.number_attr is not None and len({t.dtype.base_dtype for t in tensors}) > 1:
                raise TypeError("mixed types")
        except (TypeError, ValueError) as e:
            raise self._list_error(arg, values, dtype) from e
        return tensors

    def _list_error(self, arg: Arg, values: Any, dtype: dtypes.DType | None) -> TypeError:
        observed = ", ".join(_observed(v, arg.is_ref) for v in values)
        prefix = (
            f"Tensors in list passed to '{arg.name}' of '{self.spec.type}' Op have types "
            f"[{observed}]"
        )
        if arg.number_attr is None:
            return TypeError(f"{prefix} that are invalid. Tensors: {values}")
        if arg.dtype is not None:
            return TypeError(f"{prefix} that do not match expected type {arg.dtype.name}.")
        if arg.type_attr in self.values and dtype is not None:
            return TypeError(
                f"{prefix} that do not match type {dtype.name} inferred from earlier arguments."
            )
        return TypeError(f"{prefix} that don't all match.")

    def _convert(self, arg: Arg, value: Any) -> Tensor:
        dtype = preferred = None
        if arg.dtype is not None:
            dtype = arg.dtype
        elif arg.type_attr in self.values:
            dtype = self.values[arg.type_attr]
        else:
            preferred = self.spec._default_types.get(arg.type_attr or "")
        try:
            return convert.convert_to_tensor(
                value, dtype=dtype, name=arg.name, as_ref=arg.is_ref, preferred_dtype=preferred
            )
        except TypeError as e:
            if dtype is None:
                raise
            raise TypeError(
                f"Expected {dtype.name} passed to parameter '{arg.name}' of op "
                f"'{self.spec.type}', got {value!r} of type '{type(value).__name__}' instead. "
                f"Error: {e}"
            ) from None
        except ValueError as e:
            raise self._mismatch(arg, value, e) from None

    def _mismatch(self, arg: Arg, value: Any, error: ValueError) -> Exception:
        try:
            observed = convert.convert_to_tensor(value, as_ref=arg.is_ref).dtype.name
        except ValueError as e:
            return ValueError(f"Tried to convert '{arg.name}' to a tensor and failed. Error: {e}")
        prefix = (
            f"Input '{arg.name}' of '{self.spec.type}' Op has type {observed} that does not match"
        )
        if arg.dtype is not None:
            return TypeError(f"{prefix} expected type of {arg.dtype.name}.")
        key = arg.type_attr
        assert key is not None
        known = self.values.get(key) or self.spec._default_types.get(key)
        if known is None:
            return error
        source = self.inferred_from.get(key, "Default in OpDef")
        return TypeError(f"{prefix} type {known.name} of argument '{source}'.")


def _observed(value: Any, as_ref: bool) -> str:
    try:
        return convert.convert_to_tensor(value, as_ref=as_ref).dtype.base_dtype.name
    except (TypeError, ValueError):
        return "<NOT CONVERTIBLE TO TENSOR>"


def op(op_type: str, signature: str, **declarations: Any) -> OpSpec:
    """Declares an op type; see docs/design/001-ops-and-kernels.md.

    Args:
      op_type: the name in GraphDef.
      signature: the OpDef's inputs and outputs, `"a: T, b: T -> product: T"`.
      **declarations: attrs (an `AttrSpec`, or a group of dtypes, or None for any dtype), flags, and
      `shape=` for a shared
        shape rule.

    Raises:
      ValueError: the type is declared already, or the signature cannot be read.
    """
    if op_type in _REGISTRY:
        raise ValueError(f"op type {op_type} is declared twice")
    attrs: dict[str, AttrSpec] = {}
    flags: dict[str, Any] = {}
    rule = declarations.pop("shape", None) if callable(declarations.get("shape")) else None
    for name, value in declarations.items():
        if isinstance(value, AttrSpec):
            attrs[name] = value
        elif re.search(rf"\b{name}\b", signature) and not isinstance(value, bool):
            attrs[name] = AttrSpec("type", REQUIRED, value)
        elif value is None and name[:1].isupper():
            attrs[name] = AttrSpec("type", REQUIRED, None)
        else:
            flags[name] = value
    spec = OpSpec(op_type, signature, attrs, flags)
    if rule is not None:
        spec.shape(rule)
    _REGISTRY[op_type] = spec
    return spec


def add_loader(loader: Callable[[], None]) -> None:
    """Registers what `lookup` calls when it meets an unknown type: it imports the families."""
    _LOADERS.append(loader)


def lookup(op_type: str) -> OpSpec | None:
    """The spec of an op type, or None; imports every family when needed."""
    spec = _REGISTRY.get(op_type)
    while spec is None and _LOADERS:
        _LOADERS.pop()()
        spec = _REGISTRY.get(op_type)
    return spec


def registered() -> dict[str, OpSpec]:
    """All op types declared so far."""
    return dict(_REGISTRY)


__all__ = ["Arg", "OpSpec", "add_loader", "lookup", "op", "registered"]
