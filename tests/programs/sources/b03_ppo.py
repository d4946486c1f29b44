import numpy as np
import tensorflow as tf
tf.set_random_seed(5)
S_DIM, A_DIM, N_DISC = 3, 2, 4
class PPO(object):
    def __init__(self):
        self.sess = tf.Session()
        self.tfs = tf.placeholder(tf.float32, [None, S_DIM], 'state')
        with tf.variable_scope('critic'):
            l1 = self.dense(self.tfs, 16, 'l1', tf.nn.relu)
            self.v = self.dense(l1, 1, 'v')
            self.tfdc_r = tf.placeholder(tf.float32, [None, 1], 'discounted_r')
            self.advantage = self.tfdc_r - self.v
            self.closs = tf.reduce_mean(tf.square(self.advantage))
            self.ctrain_op = tf.train.AdamOptimizer(0.01).minimize(self.closs)
        mu, log_std, pi_params = self._build_anet('pi', trainable=True)
        oldmu, oldlog_std, oldpi_params = self._build_anet('oldpi', trainable=False)
        with tf.variable_scope('sample_action'):
            self.sample_op = tf.squeeze(mu + tf.exp(log_std) * tf.random_normal(tf.shape(mu), seed=2), axis=0)
        with tf.variable_scope('update_oldpi'):
            self.update_oldpi_op = [oldp.assign(p) for p, oldp in zip(pi_params, oldpi_params)]
        self.tfa = tf.placeholder(tf.float32, [None, A_DIM], 'action')
        self.tfadv = tf.placeholder(tf.float32, [None, 1], 'advantage')
        with tf.variable_scope('loss'):
            with tf.variable_scope('surrogate'):
                self.ratio = tf.exp(self.logp(self.tfa, mu, log_std) - self.logp(self.tfa, oldmu, oldlog_std))
                surr = self.ratio * self.tfadv
            self.tflam = tf.placeholder(tf.float32, None, 'lambda')
            kl = tf.reduce_sum(oldlog_std * -1 + log_std + (tf.exp(2 * oldlog_std) + (oldmu - mu) ** 2) / (2 * tf.exp(log_std) ** 2) - 0.5, 1)
            self.kl_mean = tf.reduce_mean(kl)
            self.entropy = tf.reduce_mean(tf.reduce_sum(log_std + .5 * np.log(2.0 * np.pi * np.e), axis=-1))
            self.aloss = -tf.reduce_mean(tf.minimum(surr, tf.clip_by_value(self.ratio, 1. - 0.2, 1. + 0.2) * self.tfadv)) - 0.01 * self.entropy + self.tflam * self.kl_mean
        with tf.variable_scope('atrain'):
            opt = tf.train.AdamOptimizer(0.01)
            g, v = zip(*opt.compute_gradients(self.aloss, var_list=pi_params))
            g, self.gnorm = tf.clip_by_global_norm(g, 0.5)
            self.atrain_op = opt.apply_gradients(zip(g, v))
        self._discrete()
        self.sess.run(tf.global_variables_initializer())
    def dense(self, x, n, name, act=None, trainable=True):
        with tf.variable_scope(name):
            w = tf.get_variable('w', [x.shape[1].value, n], initializer=tf.contrib.layers.xavier_initializer(), trainable=trainable)
            b = tf.get_variable('b', [n], initializer=tf.constant_initializer(0.), trainable=trainable)
            y = tf.matmul(x, w) + b
            return act(y) if act is not None else y
    def logp(self, a, mu, log_std):
        pre = -0.5 * (((a - mu) / (tf.exp(log_std) + 1e-8)) ** 2 + 2 * log_std + np.log(2 * np.pi))
        return tf.reduce_sum(pre, axis=1, keep_dims=True)
    def _build_anet(self, name, trainable):
        with tf.variable_scope(name):
            l1 = self.dense(self.tfs, 16, 'l1', tf.nn.tanh, trainable)
            mu = 2 * self.dense(l1, A_DIM, 'mu', tf.nn.tanh, trainable)
            log_std = tf.get_variable('log_std', initializer=-0.5 * np.ones(A_DIM, dtype=np.float32), trainable=trainable)
            log_std = tf.zeros_like(mu) + log_std
        return mu, log_std, tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope=name)
    def _discrete(self):
        self.a = tf.placeholder(tf.int32, [None], 'a_disc')
        self.R = tf.placeholder(tf.float32, [None], 'R')
        with tf.variable_scope('a3c'):
            h = self.dense(self.tfs, 8, 'h', tf.nn.relu6)
            logits = self.dense(h, N_DISC, 'logits')
            value = tf.squeeze(self.dense(h, 1, 'value'), [1])
            prob, logp = tf.nn.softmax(logits), tf.nn.log_softmax(logits)
            idx = tf.stack([tf.range(tf.shape(self.a)[0], dtype=tf.int32), self.a], axis=1)
            picked = tf.gather_nd(prob, idx)
            picked2 = tf.reduce_sum(logp * tf.one_hot(self.a, N_DISC, dtype=tf.float32), 1)
            adv = tf.stop_gradient(self.R - value)
            ent = -tf.reduce_sum(prob * tf.log(tf.clip_by_value(prob, 1e-20, 1.0)), 1)
            huber = tf.where(tf.abs(self.R - value) < 1.0, 0.5 * tf.square(self.R - value), tf.abs(self.R - value) - 0.5)
            self.dloss = tf.reduce_sum(-tf.log(picked + 1e-10) * adv - 0.5 * picked2 * adv) + 0.5 * tf.reduce_sum(huber) - 0.01 * tf.reduce_sum(ent)
            self.choose = tf.squeeze(tf.multinomial(logits - tf.reduce_max(logits, [1], keepdims=True), 1, seed=4), [1])
            lv = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, tf.get_variable_scope().name)
            grads, _ = tf.clip_by_global_norm(tf.gradients(self.dloss, lv), 40.0)
            self.dtrain = tf.train.RMSPropOptimizer(7e-3, decay=0.99, epsilon=1e-5).apply_gradients(list(zip(grads, lv)))
ppo = PPO()
rng = np.random.RandomState(0)
s = rng.randn(16, S_DIM); r = rng.randn(16, 1)
acts = np.array([ppo.sess.run(ppo.sample_op, {ppo.tfs: s[i:i + 1]}) for i in range(16)])
ppo.sess.run(ppo.update_oldpi_op)
adv = ppo.sess.run(ppo.advantage, {ppo.tfs: s, ppo.tfdc_r: r})
for _ in range(6):
    _, kl, gn, al = ppo.sess.run([ppo.atrain_op, ppo.kl_mean, ppo.gnorm, ppo.aloss], {ppo.tfs: s, ppo.tfa: acts, ppo.tfadv: adv, ppo.tflam: 0.5})
    ppo.sess.run(ppo.ctrain_op, {ppo.tfs: s, ppo.tfdc_r: r})
    _, dl = ppo.sess.run([ppo.dtrain, ppo.dloss], {ppo.tfs: s, ppo.a: [i % 4 for i in range(16)], ppo.R: r[:, 0]})
    print('%.6f %.6f %.6f %.6f' % (kl, gn, al, dl))
print(ppo.sess.run(ppo.choose, {ppo.tfs: s}))
print(ppo.sess.run([ppo.closs, ppo.entropy], {ppo.tfs: s, ppo.tfdc_r: r}))
