import numpy as np
import tensorflow as tf
tf.set_random_seed(9)
LAMBDA, BATCH, DIM = 10., 8, 16
_params, _param_aliases = {}, {}
def param(key, *args, **kwargs):
    name = key
    if name not in _params:
        p = tf.Variable(*args, **kwargs); p.param = True
        _params[name] = p
    result = _params[name]
    while result in _param_aliases:
        result = _param_aliases[result]
    return result
rng = np.random.RandomState(1)
def Linear(name, i, o, x):
    with tf.name_scope(name):
        w = param(name + '.W', rng.uniform(-.3, .3, (i, o)).astype('float32'), name=name + '.W')
        r = tf.matmul(x, w)
        return tf.nn.bias_add(r, param(name + '.b', np.zeros(o, dtype='float32'), name=name + '.b'))
def Layernorm(name, x):
    with tf.name_scope(name):
        mean, var = tf.nn.moments(x, [1], keep_dims=True)
        off = param(name + '.offset', np.zeros(DIM, dtype='float32'), name=name + '.offset')
        sc = param(name + '.scale', np.ones(DIM, dtype='float32'), name=name + '.scale')
        return tf.nn.batch_normalization(x, mean, var, off, sc, 1e-5)
def Generator(n):
    noise = tf.random_normal([n, 4], seed=3)
    h = tf.nn.relu(Linear('Generator.1', 4, DIM, noise)); h = tf.nn.softplus(Linear('Generator.2', DIM, DIM, h))
    return Linear('Generator.3', DIM, 64, h)
def Discriminator(x):
    x = tf.reshape(x, [-1, 8, 8, 1])
    f = param('D.F', rng.uniform(-.3, .3, (3, 3, 1, 4)).astype('float32'), name='D.F')
    h = tf.nn.conv2d(x, f, [1, 2, 2, 1], 'SAME'); h = tf.nn.leaky_relu(h); h = tf.nn.avg_pool(h, [1, 2, 2, 1], [1, 2, 2, 1], 'VALID')
    h = tf.reshape(h, [-1, 16])
    h = tf.nn.elu(Layernorm('D.LN', Linear('D.1', 16, DIM, h))); h = tf.tanh(Linear('D.2', DIM, DIM, h)) + tf.nn.sigmoid(h)
    return tf.reshape(Linear('D.3', DIM, 1, h), [-1])
real = tf.placeholder(tf.float32, shape=[BATCH, 64])
fake = Generator(BATCH)
dr, df = Discriminator(real), Discriminator(fake)
gp = [v for k, v in _params.items() if k.startswith('Generator')]; dp = [v for k, v in _params.items() if k.startswith('D.')]
gen_cost = -tf.reduce_mean(df)
disc_cost = tf.reduce_mean(df) - tf.reduce_mean(dr)
alpha = tf.random_uniform(shape=[BATCH, 1], minval=0., maxval=1., seed=8)
interpolates = real + (alpha * (fake - real))
gradients = tf.gradients(Discriminator(interpolates), [interpolates])[0]
slopes = tf.sqrt(tf.reduce_sum(tf.square(gradients), reduction_indices=[1]))
penalty = tf.reduce_mean((slopes - 1.) ** 2)
disc_cost += LAMBDA * penalty
gen_train = tf.train.AdamOptimizer(1e-3, beta1=0.5, beta2=0.9).minimize(gen_cost, var_list=gp)
disc_train = tf.train.AdamOptimizer(1e-3, beta1=0.5, beta2=0.9).minimize(disc_cost, var_list=dp)
hess = tf.gradients(tf.gradients(tf.pow(_params["D.3.b"], 3.), _params["D.3.b"])[0], _params["D.3.b"])
with tf.Session() as s:
    s.run(tf.initialize_all_variables())
    for it in range(4):
        if it: s.run(gen_train)
        for i in range(2):
            fd = {real: rng.rand(BATCH, 64)}; s.run(disc_train, feed_dict=fd); c, p = s.run([disc_cost, penalty], feed_dict=fd)
            print('%.5f %.5f' % (c, p))
    print(s.run(hess))
    print([v.name for v in gp + dp])

# Neural style
g2 = tf.Graph()
with g2.as_default(), g2.device('/cpu:0'), tf.Session() as sess:
    img = tf.Variable(rng.rand(1, 12, 12, 3).astype('float32'), name='img')
    def vgg(x):
        net = {}
        for i, (a, b) in enumerate([(3, 4), (4, 6)]):
            k = np.transpose(np.random.RandomState(i).randn(3, 3, a, b).astype('float32') * .3, (1, 0, 2, 3))
            x = tf.nn.bias_add(tf.nn.conv2d(x, tf.constant(k), strides=(1, 1, 1, 1), padding='SAME'), np.zeros(b, 'float32'))
            x = tf.nn.relu(x); net['relu%d' % i] = x
            x = tf.nn.max_pool(x, ksize=(1, 2, 2, 1), strides=(1, 2, 2, 1), padding='SAME')
        return net
    net = vgg(img - np.array([.1, .2, .3]))
    style = {}
    sp = rng.rand(1, 12, 12, 3)
    for l in net:
        f = net[l].eval(feed_dict={img: sp}); f = np.reshape(f, (-1, f.shape[3])); style[l] = np.matmul(f.T, f) / f.size
    content = net['relu1'].eval(feed_dict={img: rng.rand(1, 12, 12, 3)})
    losses = [5. * (2 * tf.nn.l2_loss(net['relu1'] - content) / content.size)]
    for l in net:
        _, h, w, n = map(lambda i: i.value, net[l].get_shape())
        feats = tf.reshape(net[l], (-1, n))
        gram = tf.matmul(tf.transpose(feats), feats) / (h * w * n)
        losses.append(100. * (2 * tf.nn.l2_loss(gram - style[l]) / style[l].size))
    from functools import reduce
    from operator import mul
    tvy = reduce(mul, (d.value for d in img[:, 1:, :, :].get_shape()), 1); tvx = reduce(mul, (d.value for d in img[:, :, 1:, :].get_shape()), 1)
    tv = 2 * ((tf.nn.l2_loss(img[:, 1:, :, :] - img[:, :11, :, :]) / tvy) + (tf.nn.l2_loss(img[:, :, 1:, :] - img[:, :, :11, :]) / tvx))
    loss = reduce(tf.add, losses) + tv
    step = tf.train.AdamOptimizer(0.1, 0.9, 0.999, 1e-8).minimize(loss)
    sess.run(tf.global_variables_initializer())
    for i in range(5):
        step.run()
        print(loss.eval())
    print(img.eval().sum())
