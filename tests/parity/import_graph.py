"""Snippets of tf.import_graph_def: names, edges, attrs, devices, functions, and bad input."""

_HEAD = """
from google.protobuf import text_format
def graph_def(text):
    return text_format.Parse(text, tf.GraphDef())
def const(name, more=''):
    return ('node { name: "%s" op: "Const" %s attr { key: "dtype" value { type: DT_FLOAT } } '
            'attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1.5 '
            '} } } }' % (name, more))
def node(op, name, *inputs, **attrs):
    text = 'node { name: "%s" op: "%s" ' % (name, op)
    text += ' '.join('input: "%s"' % i for i in inputs)
    attrs.setdefault('T', 'type: DT_FLOAT')
    text += ' '.join(' attr { key: "%s" value { %s } }' % kv for kv in sorted(attrs.items()) if kv[1])
    return text + ' }'
"""
_COLOCATED = 'list { s: "loc:@a" }'
_FUNCTION = """
F = '''library { function {
  signature { name: "double" input_arg { name: "x" type: DT_FLOAT }
              output_arg { name: "y" type: DT_FLOAT } }
  node_def { name: "add" op: "Add" input: "x" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
  ret { key: "y" value: "add:z:0" } } }'''
CALL = ('attr { key: "Tin" value { list { type: DT_FLOAT } } } '
        'attr { key: "Tout" value { list { type: DT_FLOAT } } } '
        'attr { key: "f" value { func { name: "double" } } } }')
"""

_BUILDS = {
    "plain": """
        tf.import_graph_def(graph_def(const('a') + node('Identity', 'b', 'a')))
        fetch = 'import/b:0'
    """,
    "twice": """
        g = graph_def(const('a') + node('Identity', 'b', 'a'))
        tf.import_graph_def(g)
        tf.import_graph_def(g)
        tf.import_graph_def(g, name='import')
        tf.constant(1., name='import')
    """,
    "empty name": """
        tf.constant(2., name='a')
        tf.constant(2., name='c/d')
        g = graph_def(const('a') + node('Identity', 'b', 'a') + const('c') + const('a_1'))
        tf.import_graph_def(g, name='')
        tf.constant(1., name='b')
        tf.constant(1., name='a')
    """,
    "absolute name": """
        tf.constant(2., name='s/a')
        tf.import_graph_def(graph_def(const('a') + node('Identity', 'b', 'a')), name='s/')
    """,
    "in a scope": """
        with tf.name_scope('outer'):
            tf.import_graph_def(graph_def(const('a')), name='x')
            tf.import_graph_def(graph_def(const('a')), name='x')
    """,
    "order": """
        g = graph_def(node('Identity', 'b', 'a') + const('z') + const('a') + node('Neg', 'n', 'b'))
        tf.import_graph_def(g, name='')
    """,
    "return elements": """
        def ints(name, shape, value):
            return ('node { name: "%s" op: "Const" attr { key: "dtype" value { type: DT_INT32 } } '
                    'attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape { %s } '
                    'int_val: %d } } } }' % (name, shape, value))
        g = graph_def(const('a') + node('Identity', 'b', 'a') + node('Fill', 'f', 'four', 'a') +
                      node('Split', 's', 'axis', 'f', num_split='i: 2') + ints('axis', '', 0) +
                      ints('four', 'dim { size: 1 }', 4))
        r = tf.import_graph_def(g, return_elements=['b:0', 'a', 'b', 's:1', 's'], name='r')
        for i, x in enumerate(r):
            tf.identity(x if isinstance(x, tf.Tensor) else x.outputs[0], name='r%d' % i)
        fetch = 'r/s:1'
    """,
    "input map": """
        x = tf.constant([1., 2.], name='x')
        g = graph_def(const('a') + node('Add', 'b', 'a', 'a') + node('Neg', 'c', 'b', '^a'))
        y, a = tf.import_graph_def(g, input_map={'a:0': x}, return_elements=['c:0', 'a:0'])
        tf.identity(a, name='mapped')
        fetch = y
    """,
    "input map of values": """
        g = graph_def(const('a') + node('Add', 'b', 'a', 'a'))
        fetch, = tf.import_graph_def(g, input_map={'a': np.float32(3.)}, return_elements=['b:0'])
    """,
    "input map of controls": """
        x = tf.constant(1., name='x')
        g = graph_def(const('a') + node('NoOp', 'n', '^a', T=''))
        tf.import_graph_def(g, input_map={'^a': x})
    """,
    "control inputs": """
        g = graph_def(const('a') + const('b') + node('Neg', 'c', 'a', '^b', '^a'))
        with tf.control_dependencies([tf.no_op(name='first')]):
            tf.import_graph_def(g, name='i')
    """,
    "devices": """
        g = graph_def(const('a', 'device: "/cpu:0"') + const('b') + const('c', 'device: "/job:w"') +
                      node('Neg', 'd', 'a'))
        tf.import_graph_def(g, name='plain')
        with tf.device('/job:ps/task:1'):
            tf.import_graph_def(g, name='scoped')
            with tf.device(lambda op: '/device:GPU:1' if op.type == 'Neg' else op.device):
                tf.import_graph_def(g, name='function')
    """,
    "colocation": """
        g = graph_def(const('a', 'device: "/cpu:0"') + node('Neg', 'b', 'a', _class='%s'))
        tf.import_graph_def(g)
        tf.import_graph_def(g, name='')
        tf.import_graph_def(g, name='')
        with tf.device('/job:ps'):
            tf.import_graph_def(g, name='d')
        with tf.colocate_with(tf.constant(1.)):
            tf.import_graph_def(g, name='e')
    """
    % _COLOCATED,
    "attrs": """
        g = graph_def('node { name: "p" op: "Placeholder" attr { key: "dtype" value { type: DT_INT32'
                      ' } } attr { key: "_mine" value { s: "x" } } }' +
                      const('a') + node('MatMul', 'm', 'b', 'b', '^a') +
                      node('Placeholder', 'b', T='', dtype='type: DT_FLOAT',
                           shape='shape { dim { size: -1 } dim { size: 2 } }',
                           _output_shapes='list { shape { dim { size: 2 } dim { size: 2 } } }'))
        tf.import_graph_def(g)
        fetch = tf.shape(tf.get_default_graph().get_tensor_by_name('import/m:0'), name='s')
        feed = {'import/b:0': np.ones([2, 2])}
    """,
    "defaults are filled in": """
        g = graph_def(const('a') + node('Max', 'm', 'a', 'i', T='type: DT_FLOAT') +
                      'node { name: "i" op: "Const" attr { key: "dtype" value { type: DT_INT32 } } '
                      'attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape { dim { } '
                      '} } } } }')
        tf.import_graph_def(g)
        tf.constant(sorted(g.node[1].attr))
    """,
    "producer op list": """
        from google.protobuf import text_format
        g = graph_def(const('a') + node('Neg', 'b', 'a', new='i: 3'))
        tf.import_graph_def(g, producer_op_list=text_format.Parse(
            'op { name: "Neg" attr { name: "T" type: "type" } attr { name: "new" type: "int" '
            'default_value { i: 3 } } }', OPS()))
    """,
    "call": _FUNCTION
    + """
        tf.import_graph_def(graph_def(const('a') + 'node { name: "c" op: "PartitionedCall" '
                                      'input: "a" ' + CALL + F))
        fetch = 'import/c:0'
    """,
    "stateful call": _FUNCTION
    + """
        tf.import_graph_def(graph_def(const('a') + 'node { name: "c" op: "StatefulPartitionedCall" '
                                      'input: "a" ' + CALL + F), name='')
        fetch = 'c:0'
    """,
    "function as op": _FUNCTION
    + """
        tf.import_graph_def(graph_def(const('a') + 'node { name: "c" op: "double" input: "a" }' +
                                      node('Neg', 'd', 'c') + F), name='')
        fetch = 'd:0'
    """,
    "stateless loop": """
        t = 'attr { key: "T" value { type: DT_FLOAT } }'
        c = ('node_def { name: "c" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } } attr '
             '{ key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 5 } } } }')
        arg = 'input_arg { name: "x" type: DT_FLOAT }'
        F = ('library { function { signature { name: "go_on" ' + arg +
             ' output_arg { name: "y" type: DT_BOOL } } ' + c +
             ' node_def { name: "less" op: "Less" input: "x" input: "c:output:0" ' + t +
             ' } ret { key: "y" value: "less:z:0" } } function { signature { name: "step" ' + arg +
             ' output_arg { name: "y" type: DT_FLOAT } } node_def { name: "add" op: "Add" '
             'input: "x" input: "x" ' + t + ' } ret { key: "y" value: "add:z:0" } } }')
        g = graph_def(const('a') + node('StatelessWhile', 'w', 'a', T='list { type: DT_FLOAT }',
                                        cond='func { name: "go_on" }', body='func { name: "step" }',
                                        output_shapes='list { shape { } }') + F)
        fetch, = tf.import_graph_def(g, return_elements=['w:0'])
    """,
    "choice": """
        def function(name, op):
            return ('function { signature { name: "%s" input_arg { name: "x" type: DT_FLOAT } '
                    'output_arg { name: "y" type: DT_FLOAT } } node_def { name: "n" op: "%s" '
                    'input: "x" attr { key: "T" value { type: DT_FLOAT } } } '
                    'ret { key: "y" value: "n:y:0" } } ' % (name, op))
        p = ('node { name: "p" op: "Const" attr { key: "dtype" value { type: DT_BOOL } } attr { '
             'key: "value" value { tensor { dtype: DT_BOOL tensor_shape { } bool_val: false } } } }')
        one, types = 'list { shape { } }', 'list { type: DT_FLOAT }'
        for op in ('If', 'StatelessIf'):
            g = graph_def(const('a') + p + node(
                op, 'c', 'p', 'a', T='', Tcond='type: DT_BOOL', Tin=types, Tout=types,
                then_branch='func { name: "t" }', else_branch='func { name: "f" }',
                output_shapes=one) + 'library { ' + function('t', 'Neg') + function('f', 'Exp') + '}')
            fetch, = tf.import_graph_def(g, return_elements=['c:0'])
    """,
    "reference variable": """
        with tf.Graph().as_default() as other:
            v = tf.Variable([1., 2.], name='v')
            tf.assign_add(v, [1., 1.], name='add')
        tf.import_graph_def(other.as_graph_def(), name='')
        fetch = 'add:0'
    """,
    "finalized": """
        tf.get_default_graph().finalize()
        tf.import_graph_def(graph_def(const('a')))
    """,
}

_ERRORS = {
    "no GraphDef": "tf.import_graph_def('x')",
    "None": "tf.import_graph_def(None)",
    "a NodeDef": "tf.import_graph_def(tf.NodeDef())",
    "map is a list": "tf.import_graph_def(graph_def(const('a')), input_map=[1])",
    "map of numbers": "tf.import_graph_def(graph_def(const('a')), input_map={1: 2})",
    "return numbers": "tf.import_graph_def(graph_def(const('a')), return_elements=[7])",
    "return unknown op": "tf.import_graph_def(graph_def(const('a')), return_elements=['b'])",
    "return unknown tensor": "tf.import_graph_def(graph_def(const('a')), return_elements=['b:0'])",
    "return unknown output": "tf.import_graph_def(graph_def(const('a')), return_elements=['a:1'])",
    "return bad name": "tf.import_graph_def(graph_def(const('a')), return_elements=['a:b:0'])",
    "return bad index": "tf.import_graph_def(graph_def(const('a')), return_elements=['a:x'])",
    "no op type": "tf.import_graph_def(graph_def('node { name: \"a\" }'))",
    "bad node name": "tf.import_graph_def(graph_def(const('a b')))",
    "empty node name": "tf.import_graph_def(graph_def(const('')))",
    "two of a name": "tf.import_graph_def(graph_def(const('a') + const('a')))",
    "missing input": "tf.import_graph_def(graph_def(const('a') + node('Neg', 'b', 'c')))",
    "missing control input": "tf.import_graph_def(graph_def(node('NoOp', 'b', '^c', T='')))",
    "missing output": "tf.import_graph_def(graph_def(const('a') + node('Neg', 'b', 'a:1')))",
    "negative output": "tf.import_graph_def(graph_def(const('a') + node('Neg', 'b', 'a:-1')))",
    "output no number": "tf.import_graph_def(graph_def(const('a') + node('Neg', 'b', 'a:x')))",
    "control first": "tf.import_graph_def(graph_def(const('a') + node('Neg', 'b', '^a', 'a')))",
    "cycle": "tf.import_graph_def(graph_def(node('Neg', 'a', 'b') + node('Neg', 'b', 'a')))",
    "cycle of one": "tf.import_graph_def(graph_def(node('Neg', 'a', 'a')))",
    "cycle through merge": """
        tf.import_graph_def(graph_def(const('a') + node('Merge', 'm', 'a', 'x', N='i: 2') +
                                      node('Neg', 'x', 'm')))
    """,
    "loop without start": """
        tf.import_graph_def(graph_def(node('Merge', 'm', 'x', 'x', N='i: 2') +
                                      node('NextIteration', 'x', 'm')))
    """,
    "wrong type": """
        tf.import_graph_def(graph_def(const('a') + node('Neg', 'b', 'a', T='type: DT_INT32')))
    """,
    "missing attr": "tf.import_graph_def(graph_def(const('a') + node('Neg', 'b', 'a', T='')))",
    "unknown attr": """
        tf.import_graph_def(graph_def(const('a') + node('Identity', 'b', 'a', zz='i: 3')))
    """,
    "attr of another kind": """
        tf.import_graph_def(graph_def(const('a') + node('Identity', 'b', 'a', T='i: 3')))
    """,
    "attr is a list": """
        tf.import_graph_def(graph_def(const('a') +
                                      node('Identity', 'b', 'a', T='list { type: DT_FLOAT }')))
    """,
    "type not allowed": """
        tf.import_graph_def(graph_def(const('a') + node('Abs', 'b', 'a', T='type: DT_STRING')))
    """,
    "type unknown": """
        tf.import_graph_def(graph_def(const('a') + node('Abs', 'b', 'a', T='type: DT_INVALID')))
    """,
    "list too short": """
        tf.import_graph_def(graph_def(node('IdentityN', 'b', T='list { }')))
    """,
    "text not allowed": """
        tf.import_graph_def(graph_def(const('a') + node(
            'MaxPool', 'b', 'a', padding='s: "X"', ksize='list { i: 1 i: 1 i: 1 i: 1 }',
            strides='list { i: 1 i: 1 i: 1 i: 1 }')))
    """,
    "too few inputs": "tf.import_graph_def(graph_def(const('a') + node('Add', 'b', 'a')))",
    "too many inputs": "tf.import_graph_def(graph_def(const('a') + node('Identity', 'b', 'a', 'a')))",
    "shapes do not fit": """
        tf.import_graph_def(graph_def(const('a') + node('MatMul', 'b', 'a', 'a')))
    """,
    "no variable": "tf.import_graph_def(graph_def(const('a') + node('Assign', 'b', 'a', 'a')))",
    "output shapes do not fit": """
        tf.import_graph_def(graph_def(const('a') + node(
            'Neg', 'b', 'a', _output_shapes='list { shape { dim { size: 3 } } }')))
    """,
    "too few output shapes": """
        tf.import_graph_def(graph_def(const('a') + node('Neg', 'b', 'a', _output_shapes='list { }')))
    """,
    "mapped input not there": """
        tf.import_graph_def(graph_def(const('a')), input_map={
            'z:0': tf.constant(1.), 'y': tf.constant(1.), 'a:1': tf.constant(1.),
            '^q': tf.constant(1.)})
    """,
    "mapped input badly named": """
        tf.import_graph_def(graph_def(const('a')), input_map={'z:0:1': tf.constant(1.)})
    """,
    "mapped value without a name": """
        tf.import_graph_def(graph_def(const('a')), input_map={'a:0': 1.0}, name='')
    """,
    "mapped to another graph": """
        with tf.Graph().as_default():
            other = tf.constant(1.)
        tf.import_graph_def(graph_def(const('a') + node('Neg', 'b', 'a')), input_map={'a:0': other})
    """,
    "mapped to another type": """
        tf.import_graph_def(graph_def(const('a') + node('Neg', 'b', 'a')),
                            input_map={'a:0': tf.constant(1)})
    """,
    "colocated with nothing": """
        tf.import_graph_def(graph_def(const('a') + node('Neg', 'b', 'a',
                                                        _class='list { s: "loc:@zz" }')))
    """,
    "bad prefix": "tf.import_graph_def(graph_def(const('a')), name='a b')",
    "bad device": "tf.import_graph_def(graph_def(const('a', 'device: \"/foo:0\"')))",
    "version too new": "tf.import_graph_def(graph_def('versions { min_consumer: 100000 }'))",
    "version disallowed": """
        tf.import_graph_def(graph_def('versions { producer: 26 bad_consumers: 134 }'))
    """,
    "version negative": "tf.import_graph_def(graph_def('versions { producer: -1 }'))",
}


def _dedented(code):
    lines = code.strip("\n").split("\n")
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return "\n".join(line[indent:] for line in lines) + "\n"


SNIPPETS = {}
for _name, _code in _BUILDS.items():
    _head, _code = (
        (_FUNCTION, _code[len(_FUNCTION) :]) if _code.startswith(_FUNCTION) else ("", _code)
    )
    if "OPS()" in _code:
        _head = "OPS = type(tf.MetaGraphDef().meta_info_def.stripped_op_list)\n"
    SNIPPETS[_name] = _HEAD + _head + _dedented(_code)
for _name, _code in _ERRORS.items():
    SNIPPETS["bad: " + _name] = _HEAD + _dedented(_code)
