"""The function library of a GraphDef: bodies that are built when they are asked for."""

from __future__ import annotations

from typing import Any

from headrace._src.core import tensor_proto
from headrace._src.core.opspec import OpSpec
from headrace._src.graph_def import attrs as attrs_lib
from headrace._src.graph_def import nodes as nodes_lib
from headrace._src.graph_def import records
from headrace._src.ops import func_graph, function_call
from headrace._src.proto import graph_export, messages


class Library:
    """The functions of a GraphDef and of the graph it is imported into.

    Args:
      library: the `FunctionDefLibrary`.
      graph: the graph.

    Raises:
      ValueError: a function has the name of a different one in the graph.
    """

    def __init__(self, library: Any, graph: Any) -> None:
        self._defs = {f.signature.name: f for f in library.function}
        self._gradients = {g.function_name: g.gradient_func for g in library.gradient}
        self._graph = graph
        self._made: dict[str, func_graph.FuncGraph] = {}
        self._building: list[str] = []
        self._specs: dict[str, OpSpec] = {}

    def body(self, name: str) -> Any:
        """The body of a function; None where there is no such function."""
        made = self._made.get(name)
        if made is not None:
            return made
        function = self._defs.get(name)
        if function is None:
            return self._graph._functions.get(name)
        if name in self._building:
            raise ValueError(
                f"Function '{name}' calls itself ({' -> '.join([*self._building, name])}), which "
                "headrace does not support"
            )
        self._building.append(name)
        try:
            made = self._made[name] = self._build(function)
        finally:
            self._building.pop()
        return made

    def build_all(self) -> None:
        """Builds the functions that nothing has asked for."""
        for name in self._defs:
            self.body(name)
        for name, gradient in self._gradients.items():
            self.body(name).gradient_graph = self.body(gradient)

    def register(self) -> None:
        """Adds the functions to the graph's library."""
        for name in self._defs:
            self._graph._functions.setdefault(name, self._made[name])

    def spec(self, name: str) -> OpSpec | None:
        """The spec of nodes whose op type is a function's name; None where it is no function."""
        spec = self._specs.get(name)
        if spec is not None or (name not in self._defs and name not in self._graph._functions):
            return spec
        body = self.body(name)
        signature = graph_export.function_def(name, body).signature
        spec = self._specs[name] = function_call.call_spec(
            body, [a.name for a in signature.input_arg], [a.name for a in signature.output_arg]
        )
        return spec

    # -- building ------------------------------------------------------------------------------

    def _build(self, function: Any) -> func_graph.FuncGraph:
        from headrace._src.graph_def.importer import add_nodes

        name = function.signature.name
        if function.signature.attr:
            names = ", ".join(a.name for a in function.signature.attr)
            raise ValueError(
                f"Function '{name}' has attrs of its own ({names}), which headrace does not support"
            )
        with self._graph.as_default():
            graph = func_graph.FuncGraph(name)
        node_defs, results, controls = self._flattened(function)
        with graph.as_default():
            added = add_nodes(graph, records.of(node_defs), self, colocated=False)
            graph.inputs = [added.tensor(arg.name, 0) for arg in function.signature.input_arg]
            graph.outputs = [added.tensor(*r) for r in results]
        waits = [added.operation(c) for c in controls]
        if waits:
            graph.control_outputs = waits
        graph.attrs = {k: tensor_proto.attr_from_proto(v) for k, v in function.attr.items()}
        graph_export.keep_definition(graph, function)
        return graph

    def _flattened(self, function: Any) -> tuple[list[Any], list[tuple[str, int]], list[str]]:
        """The NodeDefs of a body, placeholders for its arguments first; its results."""
        node_defs = []
        places: dict[str, str] = {}
        shapes = (
            function.attr["_input_shapes"].list.shape if "_input_shapes" in function.attr else ()
        )
        for i, arg in enumerate(function.signature.input_arg):
            node = messages.NodeDef(name=arg.name, op="Placeholder")
            node.attr["dtype"].type = arg.type
            if arg.is_ref:
                node.attr[nodes_lib.REFERENCE].b = True
            if i < len(shapes):
                node.attr["shape"].shape.CopyFrom(shapes[i])
            for key, value in function.arg_attr[i].attr.items():
                if key.startswith("_"):
                    node.attr[key].CopyFrom(value)
            node_defs.append(node)
            places[arg.name] = arg.name
        for given in function.node_def:
            node = messages.NodeDef()
            node.CopyFrom(given)
            node_defs.append(node)
            self._add_places(node, places)
        for node in node_defs:
            for i, text in enumerate(node.input):
                if not text.startswith("^"):
                    node.input[i] = _place(places, text, node.name, function)
        results = []
        for arg in function.signature.output_arg:
            text = _place(places, function.ret[arg.name], arg.name, function)
            reference = nodes_lib.parse_reference(text)
            results.append((reference.name, reference.index))
        controls = [function.control_ret[c] for c in function.signature.control_output]
        return node_defs, results, controls

    def _add_places(self, node: Any, places: dict[str, str]) -> None:
        """Notes how a function names the outputs of a node: `node:output name:index`."""
        spec = nodes_lib.find_spec(node, self.spec)
        attrs_lib.fill_defaults(node, spec)
        index = 0
        for arg in spec.outputs:
            count = 1
            if arg.number_attr is not None:
                count = node.attr[arg.number_attr].i
            elif arg.type_list_attr is not None:
                count = len(node.attr[arg.type_list_attr].list.type)
            for i in range(count):
                places[f"{node.name}:{arg.name}:{i}"] = f"{node.name}:{index}"
                index += 1


def _place(places: dict[str, str], text: str, node: str, function: Any) -> str:
    found = places.get(text)
    if found is None:
        raise ValueError(
            f"Node '{node}' of function '{function.signature.name}': Unknown input node '{text}'"
        )
    return found


__all__ = ["Library"]
