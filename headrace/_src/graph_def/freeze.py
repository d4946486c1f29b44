"""tf.graph_util.convert_variables_to_constants.

Resource variables that functions read (the bodies of loops and conditions, called functions) are
converted too: the functions take the values in place of the handles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from headrace._api.export import export
from headrace._src.core.tensor_proto import array_to_proto
from headrace._src.graph_def.graph_util import extract_sub_graph, node_name
from headrace._src.graph_def.old_ops import CONTROL_FLOW
from headrace._src.platform import logging

_VARIABLES: Final = frozenset({"Variable", "VariableV2", "VarHandleOp"})
_READS: Final = frozenset({"ReadVariableOp", "ResourceGather"})
_HANDING_ON: Final = (CONTROL_FLOW - {"LoopCond", "ControlTrigger"}) | {"Identity"}
# Op type → how many inputs come before the arguments, the attr with their types, the functions.
_CALLS: Final = {
    "If": (1, "Tin", ("then_branch", "else_branch")),
    "StatelessIf": (1, "Tin", ("then_branch", "else_branch")),
    "While": (0, "T", ("cond", "body")),
    "StatelessWhile": (0, "T", ("cond", "body")),
    "PartitionedCall": (0, "Tin", ("f",)),
    "StatefulPartitionedCall": (0, "Tin", ("f",)),
}


@export(
    "graph_util.convert_variables_to_constants",
    v2=(),
    deprecated="tf.compat.v1.graph_util.convert_variables_to_constants",
)
def convert_variables_to_constants(
    sess: Any,
    input_graph_def: Any,
    output_node_names: Sequence[str],
    variable_names_whitelist: Sequence[str] | None = None,
    variable_names_blacklist: Sequence[str] | None = None,
) -> Any:
    """Return a graph with constants in place of its variables.

    Args:
      sess: A `Session` in which the variables have their values.
      input_graph_def: The `GraphDef` of its graph.
      output_node_names: The names of the nodes that the result is to compute.
      variable_names_whitelist: The names of the variables to convert; all when left out.
      variable_names_blacklist: The names of variables not to convert.

    Returns:
      A `GraphDef` with what these nodes need.

    Raises:
      ValueError: What a `ReadVariableOp` reads is no variable of the graph, or a function does
        something with a variable other than reading it.
    """
    graph_def = extract_sub_graph(input_graph_def, output_node_names)
    wanted = [
        node
        for node in graph_def.node
        if node.op in _VARIABLES
        and (variable_names_whitelist is None or node.name in variable_names_whitelist)
        and (variable_names_blacklist is None or node.name not in variable_names_blacklist)
    ]
    reads = [n.name + ("/Read/ReadVariableOp:0" if n.op == "VarHandleOp" else ":0") for n in wanted]
    found = sess.run(reads) if reads else []
    logging.info("Froze %d variables.", len(found))
    values = {node.name: value for node, value in zip(wanted, found, strict=True)}
    made = _Frozen(graph_def, values).graph_def()
    logging.info("Converted %d variables to const ops.", len(values))
    return made


class _Frozen:
    """The conversion of one graph.

    State inventory:
      _types: node that gives the handle of a variable → the dtype of the variable's values.
      _functions: name → FunctionDef.     _frozen: function and its converted arguments → its name.
      _added: the functions made for converted arguments.
    """

    def __init__(self, graph_def: Any, values: Mapping[str, Any]) -> None:
        self._graph_def = graph_def
        self._values = values
        self._by_name = {node.name: node for node in graph_def.node}
        self._types: dict[str, int] = {}
        self._functions = {f.signature.name: f for f in graph_def.library.function}
        self._frozen: dict[tuple[str, tuple[tuple[int, int], ...]], str] = {}
        self._added: list[Any] = []

    def graph_def(self) -> Any:
        """The converted graph."""
        self._find_handles()
        made = type(self._graph_def)()
        for node in self._graph_def.node:
            made.node.extend(self._converted(node))
        made.library.CopyFrom(self._graph_def.library)
        made.library.function.extend(self._added)
        return made

    def _find_handles(self) -> None:
        for node in self._graph_def.node:
            if node.op == "VarHandleOp" and node.name in self._values:
                self._types[node.name] = node.attr["dtype"].type
            elif node.op in _READS:
                self._follow(node)

    def _follow(self, read: Any) -> None:
        """Notes the nodes between a variable and a node that reads it."""
        stack = [node_name(read.input[0])]
        dtype = read.attr["dtype"].type
        seen: set[str] = set()
        while stack:
            name = stack.pop()
            if name in seen:
                continue
            seen.add(name)
            node = self._by_name[name]
            if node.op == "VarHandleOp":
                continue
            if node.op not in _HANDING_ON:
                raise ValueError("Cannot find the variable that is an input to the ReadVariableOp.")
            self._types[name] = dtype
            count = len(node.input) if node.op in ("Merge", "RefMerge") else 1
            stack += [node_name(i) for i in node.input[:count] if not i.startswith("^")]

    # -- nodes ---------------------------------------------------------------------------------

    def _converted(self, node: Any) -> list[Any]:
        """The nodes that take the place of one."""
        if node.name in self._values:
            made = type(node)(name=node.name, op="Const")
            made.attr["dtype"].CopyFrom(node.attr["dtype"])
            made.attr["value"].tensor.CopyFrom(_tensor(self._values[node.name], node))
            return [made]
        dtype = self._types.get(node.name)
        if dtype is not None:
            made = type(node)()
            made.CopyFrom(node)
            made.attr.pop("_output_shapes", None)
            made.attr["T"].type = dtype
            return [made]
        return self._reading(node, self._handle_type, f"{node.name}/axis")

    def _handle_type(self, reference: str) -> int | None:
        return None if reference.startswith("^") else self._types.get(node_name(reference))

    def _reading(
        self, node: Any, handle_type: Callable[[str], int | None], axis: str, output: str = ""
    ) -> list[Any]:
        """What takes the place of a node that reads variables or calls functions.

        Args:
          node: The node.
          handle_type: Gives, for an input, the dtype of the variable that it was the handle of.
          axis: The name of a node to add.
          output: What follows the name of that node where it is an input.
        """
        converted = [i for i, text in enumerate(node.input) if handle_type(text) is not None]
        if not converted:
            return [node]
        if node.op == "ReadVariableOp":
            return [_read(node)]
        if node.op == "ResourceGather":
            return _gather(node, axis, output)
        if node.op in _CALLS:
            return [self._call(node, {i: handle_type(node.input[i]) or 0 for i in converted})]
        raise ValueError(
            f"Node '{node.name}' ({node.op}) uses the variable '{node.input[converted[0]]}' "
            "otherwise than by reading it, so the variable cannot become a constant"
        )

    # -- functions -----------------------------------------------------------------------------

    def _call(self, node: Any, types: Mapping[int, int]) -> Any:
        first, attr, functions = _CALLS[node.op]
        made = type(node)()
        made.CopyFrom(node)
        arguments = {i - first: dtype for i, dtype in types.items()}
        for i, dtype in arguments.items():
            made.attr[attr].list.type[i] = dtype
        for name in functions:
            made.attr[name].func.name = self._function(node.attr[name].func.name, arguments)
        return made

    def _function(self, name: str, arguments: Mapping[int, int]) -> str:
        """The name of a function like `name` that takes values in place of handles."""
        key = (name, tuple(sorted(arguments.items())))
        made_name = self._frozen.get(key)
        if made_name is not None:
            return made_name
        made_name, count = f"{name}_frozen", 0
        while made_name in self._functions:
            count += 1
            made_name = f"{name}_frozen_{count}"
        self._frozen[key] = made_name
        made = type(self._functions[name])()
        made.CopyFrom(self._functions[name])
        self._functions[made_name] = made
        made.signature.name = made_name
        types: dict[str, int] = {}
        for i, dtype in arguments.items():
            made.signature.input_arg[i].type = dtype
            types[made.signature.input_arg[i].name] = dtype
        self._convert_body(made, types)
        for arg in made.signature.output_arg:
            if made.ret[arg.name] in types:
                arg.type = types[made.ret[arg.name]]
        self._added.append(made)
        return made_name

    def _convert_body(self, function: Any, types: dict[str, int]) -> None:
        """Converts the nodes of a function; `types`: names of handles → dtypes of the values."""
        renamed: dict[str, str] = {}
        nodes: list[Any] = []
        for node in function.node_def:
            handed = types.get(node.input[0]) if node.input else None
            if node.op == "Identity" and handed is not None:
                types[f"{node.name}:output:0"] = node.attr["T"].type = handed
                nodes.append(node)
                continue
            made = self._reading(node, types.get, f"{node.name}/axis", ":output:0")
            if made[-1].op != node.op:
                result = "value" if node.op == "ReadVariableOp" else "output"
                renamed[f"{node.name}:{result}:0"] = f"{node.name}:output:0"
            self._note_results(node, types)
            nodes += made
        copies = []
        for node in nodes:
            copy = type(node)()
            copy.CopyFrom(node)
            copy.input[:] = [renamed.get(i, i) for i in node.input]
            copies.append(copy)
        del function.node_def[:]
        function.node_def.extend(copies)
        for name, text in list(function.ret.items()):
            function.ret[name] = renamed.get(text, text)

    @staticmethod
    def _note_results(node: Any, types: dict[str, int]) -> None:
        """A loop gives the handles that it takes."""
        if node.op in ("While", "StatelessWhile"):
            for i, text in enumerate(node.input):
                if text in types:
                    types[f"{node.name}:output:{i}"] = types[text]


def _tensor(value: Any, node: Any) -> Any:
    from headrace._src.core import dtypes

    return array_to_proto(value, dtypes.as_dtype(node.attr["dtype"].type))


def _read(node: Any) -> Any:
    made = type(node)(name=node.name, op="Identity")
    made.input.extend(node.input)
    made.attr["T"].CopyFrom(node.attr["dtype"])
    if "_class" in node.attr:
        made.attr["_class"].CopyFrom(node.attr["_class"])
    return made


def _gather(node: Any, axis_name: str, output: str) -> list[Any]:
    import numpy as np

    if node.attr["batch_dims"].i != 0:
        raise ValueError("batch_dims != 0 is not supported by freeze_graph.")
    axis = type(node)(name=axis_name, op="Const")
    axis.attr["dtype"].CopyFrom(node.attr["Tindices"])
    axis.attr["value"].tensor.CopyFrom(_tensor(np.array(0), axis))
    made = type(node)(name=node.name, op="GatherV2")
    made.input.extend([node.input[0], node.input[1], axis_name + output, *node.input[2:]])
    made.attr["Tparams"].CopyFrom(node.attr["dtype"])
    made.attr["Tindices"].CopyFrom(node.attr["Tindices"])
    made.attr["Taxis"].CopyFrom(node.attr["Tindices"])
    if "_class" in node.attr:
        made.attr["_class"].CopyFrom(node.attr["_class"])
    return [axis, made]
