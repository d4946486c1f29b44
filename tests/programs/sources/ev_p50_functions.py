"""tf.function in eager execution: training, control flow, variables, tracing."""
import numpy as np
import tensorflow as tf
tf.enable_eager_execution()
tf.set_random_seed(3)
# custom training loop with tf.function, tape, optimizers
class Net(tf.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.w1=tf.Variable(tf.random.normal([4,8],seed=1)*0.3); self.b1=tf.Variable(tf.zeros([8])); self.w2=tf.Variable(tf.random.normal([8,3],seed=2)*0.3); self.b2=tf.Variable(tf.zeros([3]))
    def __call__(self, x): return tf.matmul(tf.nn.relu(tf.matmul(x,self.w1)+self.b1),self.w2)+self.b2
net=Net(); opt=tf.train.AdamOptimizer(0.05); step=tf.Variable(0,dtype=tf.int64)
@tf.function
def train(x,y):
    with tf.GradientTape() as tape:
        loss=tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y,logits=net(x)))
    g=tape.gradient(loss, net.trainable_variables)
    opt.apply_gradients(zip(g, net.trainable_variables)); step.assign_add(1)
    return loss
rng=np.random.RandomState(0); x=rng.randn(60,4).astype(np.float32); y=(x[:,0]>0).astype(np.int32)+(x[:,1]>0.5).astype(np.int32)
for i in range(10): print(i, "%.5f"%float(train(x,y)))
print(step.numpy(), len(net.trainable_variables))
def eager_step(x,y):
    with tf.GradientTape() as tape:
        loss=tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y,logits=net(x)))
    g=tape.gradient(loss, net.trainable_variables); opt.apply_gradients(zip(g, net.trainable_variables)); return loss
for i in range(3): print("%.5f"%eager_step(tf.constant(x),tf.constant(y)).numpy())
@tf.function
def fib(n):
    a,b=0,1
    for _ in tf.range(n): a,b=b,a+b
    return a
print(fib(tf.constant(10)).numpy(), fib(tf.constant(20)).numpy())
@tf.function
def f(x, training=True):
    if training: return x*2.
    return x
print(f(tf.constant(2.)).numpy(), f(tf.constant(2.), training=False).numpy(), f(1).numpy() if False else "")
v=tf.Variable(1.)
@tf.function
def g(x):
    v.assign_add(x); 
    if v>3.: v.assign(0.)
    return v+0.
print([g(tf.constant(1.5)).numpy() for _ in range(4)])
@tf.function
def jac(x):
    with tf.GradientTape() as t: t.watch(x); y=x**3
    return t.gradient(y,x)
print(jac(tf.constant([1.,2.])).numpy())
with tf.GradientTape() as t:
    t.watch(v); z=f(v*2.)*f(v)
print(t.gradient(z,v).numpy())
for bad in (lambda: tf.function(lambda x: x, input_signature=[tf.TensorSpec([2],tf.float32)])(tf.constant([1.,2.,3.]))):
    try: bad()
    except Exception as e: print(type(e).__name__, str(e)[:90])
n=0
@tf.function
def traced(x):
    global n; n+=1; return x
traced(tf.constant(1)); traced(tf.constant(2)); traced(tf.constant(1.)); traced(tf.constant([1])); traced(3); traced(4); print(n)
a=tf.constant([[3.,1.],[1.,2.]]); print(tf.linalg.inv(a).numpy(), tf.reduce_max(a).numpy(), a.numpy().sum(), (a>1).numpy(), tf.argmax(a,1).numpy(), [r.numpy() for r in a], a[0,1].numpy(), tf.concat([a,a],0).shape)
ta=tf.TensorArray(tf.float32,3); ta=ta.write(0,1.).write(1,2.).write(2,3.); print(ta.stack().numpy(), ta.read(1).numpy(), ta.size().numpy())
print(tf.strings.join(["a","b"]).numpy(), tf.one_hot([0,2],3).numpy(), tf.nn.softmax([1.,2.]).numpy(), tf.cast(3.7,tf.int32).numpy())
