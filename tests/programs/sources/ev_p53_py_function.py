"""Python functions of eager tensors in graphs; modules."""
import tensorflow as tf
x=tf.placeholder(tf.float32,[2])
y=tf.py_function(lambda a: a*a+1., [x], tf.float32)
z=tf.py_function(lambda a: (a, tf.reduce_sum(a)), [x], [tf.float32, tf.float32], name="two")
g=tf.gradients(y,x)
print(y, z, g)
with tf.Session() as s:
    print(s.run([y,z,g],{x:[1.,2.]}))
for n in tf.get_default_graph().as_graph_def().node: print(n.name,n.op,list(n.input), sorted(n.attr))
class M(tf.Module):
    def __init__(self, name=None):
        super(M,self).__init__(name)
        self.w=tf.Variable([1.,2.],name="w"); self.sub=[N(), {"a":N("q")}]; self.t=tf.Variable(1.,trainable=False)
    @tf.Module.with_name_scope
    def __call__(self,x): return self.w*x
class N(tf.Module):
    def __init__(self, name=None):
        super(N,self).__init__(name)
        with self.name_scope: self.v=tf.Variable(3.,name="v")
m=M(); print(m.name, [v.name for v in m.variables], [v.name for v in m.trainable_variables], [s.name for s in m.submodules], m.name_scope.name, m(tf.ones([2])).name)
