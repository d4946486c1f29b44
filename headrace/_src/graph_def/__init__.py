"""GraphDefs read back: tf.import_graph_def, and old control flow raised to functions.

`importer` is the public function. A GraphDef goes through these stages, one module each:

  nodes       NodeDefs → `Node`s, which refer to each other; checks of names, edges and attrs
  attrs       attr values: defaults, checks, the internal form
  order       the order in which 1.15 adds the nodes; cycles
  names       prefixes, unique names, colocation groups
  raising     Switch, Merge, Enter, ... and TensorArrays → `Loop`s, `Condition`s and list ops:
              tensor_arrays, frames, loops, contexts, conditions
  build       `Node`s, `Loop`s and `Condition`s → operations and function bodies
  functions   the library: FunctionDefs → bodies, built when they are asked for

See docs/design/004-raising.md.
"""
