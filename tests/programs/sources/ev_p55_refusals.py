"""What tf.function refuses: signatures, arguments, leaked tensors, branches, conversions."""
import re
import numpy as np, traceback, sys
import tensorflow as tf
tf.enable_eager_execution()

def attempt(label, f, lines=1):
    try:
        print(label, f())
    except Exception as e:
        print(label, type(e).__name__, re.sub(r'_\d+', '_N', '|'.join((l.strip() for l in str(e).strip().split('\n')[:lines]))[:400]))
S = tf.TensorSpec

@tf.function(input_signature=[S([None], tf.float32), S([], tf.int32)])
def sig(x, n):
    return x * tf.cast(n, tf.float32)
attempt('rank', lambda: sig(tf.ones([2, 2]), 1), 3)
attempt('dtype', lambda: sig(tf.ones([2]), tf.constant(1.0)), 3)
attempt('too few', lambda: sig(tf.ones([2])), 3)
attempt('too many', lambda: sig(tf.ones([2]), 1, 2), 3)
attempt('kw', lambda: sig(tf.ones([2]), n=2))
attempt('badkw', lambda: sig(tf.ones([2]), m=2))
attempt('str', lambda: sig('a', 1), 3)
attempt('none', lambda: sig(None, 1), 3)
attempt('nested', lambda: sig([tf.ones([2])], 1), 3)
attempt('dict', lambda: sig({'a': tf.ones([2])}, 1), 3)
attempt('sigtype', lambda: tf.function(lambda x: x, input_signature=[3]))
attempt('sigtype3', lambda: tf.function(lambda x: x, input_signature={'a': S([], tf.int32)}))
attempt('sigkwonly', lambda: tf.function(lambda *, x: x, input_signature=[S([], tf.int32)]))
attempt('sigkwargs', lambda: tf.function(lambda x, **k: x, input_signature=[S([], tf.int32)])(1, y=3))
attempt('siglen', lambda: tf.function(lambda x: x, input_signature=[S([], tf.int32), S([], tf.int32)])(1, 2))
attempt('sigshort', lambda: tf.function(lambda x, y: x, input_signature=[S([], tf.int32)])(1))
attempt('sigdefault', lambda: tf.function(lambda x, y=2: x + y, input_signature=[S([], tf.int32)])(1))
attempt('sigdefault2', lambda: tf.function(lambda x, y=2: x + y, input_signature=[S([], tf.int32)])(1, 3))
attempt('sigbound', lambda: tf.function(lambda x, y=2: x + y, input_signature=[S([], tf.int32), S([], tf.int32)])(1))
attempt('not callable', lambda: tf.function(3))
attempt('missing', lambda: tf.function(lambda x: x)())
attempt('extra', lambda: tf.function(lambda x: x)(1, 2))
attempt('unknown kw', lambda: tf.function(lambda x: x)(1, y=2))
attempt('twice', lambda: tf.function(lambda x: x)(1, x=2))

class U(object):
    __hash__ = None
vs = []

@tf.function
def late(x, make=False):
    if make:
        vs.append(tf.Variable(1.0))
    return x
late(tf.constant(1.0))
attempt('late', lambda: late(tf.constant(1.0), make=True), 3)

@tf.function
def always(x):
    return tf.Variable(1.0) + x
attempt('always', lambda: always(tf.constant(1.0)), 3)
attempt('always2', lambda: always(tf.constant(1.0)), 3)
leak = []

@tf.function
def leaks(x):
    leak.append(x + 1)
    return x
leaks(tf.constant(1))
attempt('leak bool', lambda: bool(leak[0]), 2)
attempt('leak numpy', lambda: leak[0].numpy(), 2)
attempt('leak print', lambda: leak[0])

@tf.function
def uses(x):
    return x + leak[0]
attempt('leak np', lambda: np.array(leak[0]).dtype, 2)

@tf.function
def dt(x):
    if x > 0:
        y = tf.constant(1)
    else:
        y = tf.constant(1.0)
    return y
attempt('dtypes', lambda: dt(tf.constant(1)), 2)

@tf.function
def one_return(x):
    if x > 0:
        return x
attempt('one return', lambda: one_return(tf.constant(1)), 2)

@tf.function
def one_branch(x):
    if x > 0:
        y = x
    return y
attempt('one branch', lambda: one_branch(tf.constant(1)), 2)

@tf.function
def ret_mixed(x):
    if x > 0:
        return x
    return None
attempt('ret none', lambda: ret_mixed(tf.constant(1)), 2)

@tf.function
def ret_diff(x):
    if x > 0:
        return (x, x)
    return x
attempt('ret diff', lambda: ret_diff(tf.constant(1)), 2)

@tf.function
def ret_num(x):
    if x > 0:
        return (1, 2)
    return 1
attempt('ret num', lambda: ret_num(tf.constant(1)), 2)

@tf.function
def var_num(x):
    y = 1
    if x > 0:
        y = (1, 2)
    return y
attempt('tuple num', lambda: var_num(tf.constant(1)), 2)

@tf.function
def num_var(x):
    y = (1, 2)
    if x > 0:
        y = 3
    return y
attempt('num tuple', lambda: num_var(tf.constant(1)), 2)

@tf.function
def dicts(x):
    if x > 0:
        y = {'a': 1}
    else:
        y = {'b': 1}
    return y
attempt('dict keys', lambda: dicts(tf.constant(1)), 2)

@tf.function
def lists(x):
    if x > 0:
        y = [1, 2]
    else:
        y = [1]
    return y
attempt('list lens', lambda: lists(tf.constant(1)), 2)

@tf.function
def strs(x):
    if x > 0:
        y = 'a'
    else:
        y = 1
    return y
attempt('str num', lambda: strs(tf.constant(1)), 2)

@tf.function
def objs(x):
    if x > 0:
        y = U()
    else:
        y = U()
    return 1
attempt('objs', lambda: objs(tf.constant(1)), 2)

@tf.function
def noneb(x):
    if x > 0:
        y = None
    else:
        y = 1
    return y
attempt('none num', lambda: noneb(tf.constant(1)), 2)

@tf.function
def shp(x):
    y = tf.zeros([2])
    while x > 0:
        y = tf.concat([y, y], 0)
        x -= 1
    return y
attempt('loop shape', lambda: shp(tf.constant(1)), 2)

@tf.function
def ldt(x):
    y = 1
    while x > 0:
        y = 1.5
        x -= 1
    return y
attempt('loop dtype', lambda: ldt(tf.constant(1)), 2)

@tf.function
def lund(x):
    while x > 0:
        y = x
        x -= 1
    return y
attempt('loop undef', lambda: lund(tf.constant(1)), 2)

@tf.function
def lnone(x):
    y = None
    while x > 0:
        y = x
        x -= 1
    return y
attempt('loop none', lambda: lnone(tf.constant(1)), 2)

@tf.function
def lret(x):
    for i in tf.range(x):
        if i > 2:
            return i
attempt('loop ret', lambda: lret(tf.constant(1)), 2)

@tf.function
def lret2(x):
    for i in tf.range(x):
        if i > 2:
            return i
    return 7
attempt('loop ret2', lambda: lret2(tf.constant(1)), 2)

@tf.function
def lstruct(x):
    y = (1, 2)
    while x > 0:
        y = (1, 2, 3)
        x -= 1
    return y
attempt('loop struct', lambda: lstruct(tf.constant(1)), 2)

@tf.function
def fund(x):
    for i in x:
        y = i
    return y
attempt('for undef', lambda: fund(tf.constant([1])), 2)
off = tf.function(lambda x: 1 if x else 2, autograph=False)
attempt('bool off', lambda: off(tf.constant(True)), 2)

def iffer(x):
    if x > 0:
        return 1
    return 2
attempt('if off', lambda: tf.function(iffer, autograph=False)(tf.constant(1)), 2)

def forrer(x):
    for i in x:
        pass
    return x
attempt('for off', lambda: tf.function(forrer, autograph=False)(tf.constant([1])), 2)
attempt('and off', lambda: tf.function(lambda x: x and x, autograph=False)(tf.constant(True)), 2)
attempt('in off', lambda: tf.function(lambda x: x in [1, 2], autograph=False)(tf.constant(True)), 2)
attempt('range off', lambda: tf.function(lambda x: list(range(x)), autograph=False)(tf.constant(1)), 2)
attempt('len off', lambda: tf.function(lambda x: len(x), autograph=False)(tf.constant([1])), 2)
attempt('numpy off', lambda: tf.function(lambda x: x.numpy(), autograph=False)(tf.constant([1])), 2)
attempt('numpy', lambda: tf.function(lambda x: x.numpy())(tf.constant([1])), 2)
attempt('eval', lambda: tf.function(lambda x: x.eval())(tf.constant([1])), 2)
attempt('np.sum', lambda: tf.function(lambda x: np.sin(x))(tf.constant([1.0])), 2)
attempt('return obj', lambda: tf.function(lambda x: object())(tf.constant([1.0])), 2)
attempt('return fn', lambda: tf.function(lambda x: len)(tf.constant([1.0])), 2)
attempt('return str', lambda: tf.function(lambda x: 'a')(tf.constant([1.0])), 2)
attempt('return set', lambda: tf.function(lambda x: {1})(tf.constant([1.0])), 2)

def mut(l):
    l.append(1)
    return l[0]
attempt('mutate', lambda: tf.function(mut)([tf.constant(1)]), 2)

def mutd(d):
    d['z'] = 1
    return d['a']
attempt('mutate d', lambda: tf.function(mutd)({'a': tf.constant(1)}), 2)
cf = tf.function(lambda x, y: x + y).get_concrete_function(S([2], tf.float32), S([2], tf.float32))
attempt('cf dtype', lambda: cf(tf.ones([2], tf.int32), tf.ones([2], tf.int32)), 2)
attempt('cf few', lambda: cf(tf.ones([2])), 2)
attempt('cf many', lambda: cf(tf.ones([2]), tf.ones([2]), tf.ones([2])), 2)
attempt('cf kw', lambda: cf(tf.ones([2]), z=tf.ones([2])), 2)
attempt('cf dup', lambda: cf(tf.ones([2]), x=tf.ones([2])), 2)
attempt('cf py', lambda: cf([1.0, 2.0], [1.0, 2.0]), 2)
attempt('cf np', lambda: cf(np.ones(2, np.float32), y=tf.ones([2])), 2)
attempt('session', lambda: tf.function(lambda x: tf.Session().run(x))(tf.constant(1)), 2)

def raises(x):
    y = x + 1
    raise ValueError('mine %s' % y.dtype)
attempt('raise2', lambda: tf.function(raises)(tf.constant(1)), 6)
import numpy as np, warnings
import tensorflow as tf
tf.enable_eager_execution()

def at(label, f, n=1):
    try:
        print(label, f())
    except Exception as e:
        print(label, type(e).__name__, re.sub(r'_\d+', '_N', '|'.join((l.strip() for l in str(e).strip().split('\n')[:n]))[:250]))
sp = tf.SparseTensor([[0, 1], [1, 0]], [1.0, 2.0], [2, 2])

@tf.function
def f(x):
    return tf.sparse.to_dense(tf.sparse.reorder(x))
at('sparse', lambda: f(sp))
c = f.get_concrete_function(sp)
at('sis', lambda: c.structured_input_signature)
at('so', lambda: c.structured_outputs)
at('inputs', lambda: [(i.name, i.shape.as_list()) for i in c.inputs])
at('call3', lambda: c(sp.indices, sp.values, sp.dense_shape))
at('callkw', lambda: c(x=sp.indices, x_1=sp.values, x_2=sp.dense_shape))
at('out sparse', lambda: tf.function(lambda x: x)(sp))
at('out shapes', lambda: tf.function(lambda x: x).get_concrete_function(sp).output_shapes)

@tf.function(input_signature=[tf.SparseTensorSpec([None, 2], tf.float32)])
def g(x):
    return tf.sparse.reduce_sum(x)
at('spec sig', lambda: g(sp))
at('spec bad', lambda: g(tf.SparseTensor([[0, 1, 1]], [1.0], [2, 2, 2])))
at('spec cf', lambda: f.get_concrete_function(tf.SparseTensorSpec([None, 2], tf.float32)).structured_input_signature)
isl = tf.IndexedSlices(tf.ones([2, 2]), tf.constant([0, 1]), tf.constant([4, 2]))
at('isl', lambda: tf.function(lambda x: x)(isl).values)
at('isl2', lambda: tf.function(lambda x: tf.convert_to_tensor(x))(isl))
at('isl sis', lambda: tf.function(lambda x: x.values).get_concrete_function(isl).structured_input_signature)
at('taspec', lambda: tf.TensorArraySpec([2], tf.float32))

@tf.function
def taf(n):
    ta = tf.TensorArray(tf.float32, n)
    for i in tf.range(n):
        ta = ta.write(i, tf.cast(i, tf.float32))
    return ta
at('ta in', lambda: tf.function(lambda t: t.stack())(tf.TensorArray(tf.float32, 2).unstack([1.0, 2.0])))

class Acc(object):

    def __init__(self, k):
        self.k = k

    def run(self, x):
        if x > 0:
            return x * self.k
        return x

def tg():
    A = tf.autograph.to_graph(Acc)
    a = A(3)
    return (A.__name__, type(a).__name__, a.run(tf.constant(2)), isinstance(a, Acc))
at('to_graph inst', tg)
at('to_graph method', lambda: tf.autograph.to_graph(Acc(2).run)(tf.constant(5)))
at('to_graph unbound', lambda: tf.autograph.to_graph(Acc.run)(Acc(2), tf.constant(5)))
at('to_graph obj', lambda: tf.autograph.to_graph(3))
at('to_graph builtin', lambda: tf.autograph.to_graph(len))
at('to_code class', lambda: type(tf.autograph.to_code(Acc)).__name__)

class Callable(object):

    def __call__(self, x):
        if x > 0:
            return x
        return -x
at('to_graph callable', lambda: tf.autograph.to_graph(Callable())(tf.constant(-5)))
at('fn callable', lambda: tf.function(Callable())(tf.constant(-5)))
import functools
at('partial', lambda: tf.function(functools.partial(lambda a, b: a if b > 0 else -a, tf.constant(2)))(tf.constant(-1)))
at('lambda', lambda: tf.autograph.to_graph(lambda x: x if x > 0 else -x)(tf.constant(-2)))

def gen(x):
    for i in range(3):
        yield (i * x)
at('gen', lambda: [v.numpy() for v in tf.function(lambda x: list(gen(x)))(tf.constant(2))])
at('gen direct', lambda: tf.function(gen)(tf.constant(2)))

async def co(x):
    return x
at('class method', lambda: tf.function(classmethod(lambda c, x: x)))

class SM(object):

    @staticmethod
    @tf.function
    def s(x):
        return x + 1

    @classmethod
    @tf.function
    def c(cls, x):
        return cls.__name__ and x + 2

    @property
    @tf.function
    def p(self):
        return tf.constant(3)
at('static', lambda: SM.s(tf.constant(1)))
at('class', lambda: SM.c(tf.constant(1)))
at('prop', lambda: SM().p)
at('static2', lambda: SM().s(1))
at('class2', lambda: SM().c(tf.constant(1)))
import inspect

@tf.function
def doc(x, y=2, *args, z=3, **kw):
    """Doc."""
    return x + y + z + sum(args) + sum(kw.values())
at('doc', lambda: (doc.__doc__, doc.__name__, doc.__wrapped__ is doc.python_function, inspect.signature(doc.python_function)))
at('args', lambda: doc(1, 2, 3, 4, z=5, q=6).numpy())
at('args2', lambda: doc(tf.constant(1)).numpy())
at('kwargs t', lambda: doc(tf.constant(1), z=tf.constant(1), w=tf.constant(7)).numpy())
at('nest', lambda: tf.function(lambda d: {'s': d['a'] + d['b'][0], 't': (d['b'], None)})({'a': tf.constant(1), 'b': [tf.constant(2), 3]}))
from collections import namedtuple, OrderedDict
P = namedtuple('P', 'x y')
at('nt', lambda: tf.function(lambda p: P(p.y, p.x))(P(tf.constant(1), tf.constant(2))))
at('od', lambda: tf.function(lambda p: OrderedDict([('z', p['a']), ('b', 1)]))({'a': tf.constant(1)}))
at('none', lambda: tf.function(lambda: None)())
at('py out', lambda: tf.function(lambda: (1, 2.5, True, [3]))())
at('str', lambda: tf.function(lambda s: s + 'x')('a'))
at('arg none', lambda: tf.function(lambda a=None: a is None and tf.constant(5))())
at('np arg', lambda: tf.function(lambda a: a * 2)(np.arange(3)))
at('var arg', lambda: tf.function(lambda a: a.assign_add(1))(tf.Variable(3)))
at('dtype arg', lambda: tf.function(lambda a, d: tf.cast(a, d))(1, tf.float16))
at('fn arg', lambda: tf.function(lambda g, a: g(a))(tf.negative, tf.constant(2)))
cf = tf.function(lambda a, b: a + b).get_concrete_function(tf.TensorSpec([], tf.int32, name='left'), tf.TensorSpec([], tf.int32))
at('cf names', lambda: cf(left=tf.constant(1), b=tf.constant(2)))
at('cf specs', lambda: cf.structured_input_signature)
at('cf ins', lambda: [i.op.name for i in cf.inputs])
at('cf outs', lambda: cf.outputs)
at('cf def', lambda: cf.function_def.signature.name[:12])
at('dup names', lambda: tf.function(lambda a, b: a + b).get_concrete_function(tf.TensorSpec([], tf.int32, name='n'), tf.TensorSpec([], tf.int32, name='n')).structured_input_signature)
at('nested spec', lambda: tf.function(lambda a: a[0] + a[1]).get_concrete_function([tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.int32)]).structured_input_signature)
at('cf py', lambda: tf.function(lambda a, b: a + b).get_concrete_function(tf.TensorSpec([], tf.int32), 3).structured_input_signature)
relax = []

@tf.function(experimental_relax_shapes=True)
def rx(x):
    relax.append(x.shape.as_list())
    return tf.reduce_sum(x)
for n in (1, 2, 3, 4):
    rx(tf.ones([n]))
print('relax', relax)
for n in (1, 2):
    rx(tf.ones([n, 2]))
print('relax', relax)
import numpy as np
import tensorflow as tf
tf.enable_eager_execution()

def at(label, f, n=1):
    try:
        print(label, f())
    except Exception as e:
        print(label, type(e).__name__, re.sub(r'_\d+', '_N', '|'.join((l.strip() for l in str(e).strip().split('\n')[:n]))[:250]))

def r(e):

    def g(*a):
        raise e
    return g
for n, e in [('K', KeyError('q')), ('V', ValueError('bad')), ('T', TypeError('t')), ('S', StopIteration('s')), ('M', MemoryError('m')), ('N', NotImplementedError('n')), ('I', IndexError('i')), ('O', tf.errors.OutOfRangeError(None, None, 'over')), ('R', RuntimeError('r'))]:
    at('py_function ' + n, lambda: tf.py_function(r(e), [1], tf.int32))
    at('numpy_function ' + n, lambda: tf.numpy_function(r(e), [tf.constant(1)], tf.int32))
    at('py_func ' + n, lambda: tf.py_func(r(e), [tf.constant(1)], tf.int32))
f = lambda x: x
at('ok', lambda: tf.py_function(f, [1], tf.int32))
at('list', lambda: tf.py_function(f, [1], [tf.int32]))
at('none', lambda: tf.py_function(lambda x: None, [1], []))
at('wrong dtype', lambda: tf.py_function(f, [1], tf.float32))
at('two', lambda: tf.py_function(lambda x: (x, x), [1], tf.int32))
at('two2', lambda: tf.py_function(lambda x: (x, x), [1], [tf.int32, tf.int32]))
at('count', lambda: tf.py_function(lambda x: (x, x), [1], [tf.int32]))
at('none for one', lambda: tf.py_function(lambda x: None, [1], tf.int32))
at('str', lambda: tf.py_function(lambda x: 'a', [1], tf.string))
at('strf', lambda: tf.py_function(lambda x: 'a', [1], tf.float32))
at('np', lambda: tf.numpy_function(lambda x: x + 1, [tf.constant([1, 2])], tf.int32))
at('np64', lambda: tf.numpy_function(lambda x: x * 0.5, [tf.constant([1, 2])], tf.float32))
at('npf', lambda: tf.numpy_function(lambda x: np.float64(1), [tf.constant([1, 2])], tf.float64))
at('py_func', lambda: tf.py_func(lambda x: x + 1, [tf.constant([1, 2])], tf.int32))
at('py_func2', lambda: tf.py_func(lambda x: (x, x), [tf.constant([1, 2])], [tf.int32, tf.int32]))
at('inp var', lambda: tf.py_function(f, [tf.Variable(1)], tf.int32))
at('notcall', lambda: tf.py_function(3, [1], tf.int32))
at('inp', lambda: tf.py_function(lambda: 3, [], tf.int32))
at('inp1', lambda: tf.py_function(lambda x: type(x).__name__ == 'EagerTensor' and x, [np.ones(2)], tf.float64))
with tf.GradientTape() as t:
    x = tf.Variable(2.0)
    y = tf.py_function(lambda x: x * x * 3.0, [x], tf.float32)
at('grad', lambda: t.gradient(y, x))

@tf.function
def g(x):
    return tf.py_function(lambda a: a.numpy() * 2, [x], tf.float32)
at('fn', lambda: g(tf.constant(3.0)))

@tf.function
def g2(x):
    return tf.numpy_function(lambda a: a * 2, [x], tf.float32)

@tf.function
def g3(x):
    return tf.py_function(lambda a: a * a, [x], tf.float32)
with tf.GradientTape() as t:
    t.watch(x)
    y = g3(x)
at('fgrad', lambda: t.gradient(y, x))
with tf.Graph().as_default(), tf.Session() as s:
    for n, e in [('K', KeyError('q')), ('V', ValueError('bad')), ('O', tf.errors.OutOfRangeError(None, None, 'over'))]:
        at('graph py_function ' + n, lambda: s.run(tf.py_function(r(e), [1], tf.int32)))
        at('graph py_func ' + n, lambda: s.run(tf.py_func(r(e), [1], tf.int32)))
    at('graph dtype', lambda: s.run(tf.py_function(f, [1], tf.float32)))
    at('graph count', lambda: s.run(tf.py_function(lambda x: (x, x), [1], [tf.int32])))
    at('graph none', lambda: s.run(tf.py_function(lambda x: None, [1], tf.int32)))
    at('graph str', lambda: s.run(tf.py_function(lambda x: 'a', [1], tf.float32)))
