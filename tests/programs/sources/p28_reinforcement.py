import numpy as np
import tensorflow as tf


class Corridor:
    def __init__(self, n=5):
        self.n = n

    def reset(self):
        self.s = 0
        return self._obs()

    def _obs(self):
        o = np.zeros(self.n, np.float32); o[self.s] = 1
        return o

    def step(self, a):
        self.s = max(0, self.s + (1 if a else -1))
        done = self.s == self.n - 1
        return self._obs(), 1.0 if done else -0.1, done


class PolicyGradient:
    def __init__(self, n_obs, n_actions, lr=0.05):
        self.obs = tf.placeholder(tf.float32, [None, n_obs], name="observations")
        self.acts = tf.placeholder(tf.int32, [None, ], name="actions_num")
        self.vt = tf.placeholder(tf.float32, [None, ], name="actions_value")
        with tf.variable_scope("policy"):
            w1 = tf.get_variable("w1", [n_obs, 8], initializer=tf.random_normal_initializer(0., 0.3))
            b1 = tf.get_variable("b1", [8], initializer=tf.constant_initializer(0.1))
            w2 = tf.get_variable("w2", [8, n_actions], initializer=tf.glorot_uniform_initializer())
            logits = tf.matmul(tf.nn.tanh(tf.matmul(self.obs, w1) + b1), w2)
            self.probs = tf.nn.softmax(logits, name="act_prob")
            self.sample = tf.squeeze(tf.multinomial(logits, 1), 1)
        with tf.name_scope("loss"):
            neg = tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=self.acts)
            neg2 = tf.reduce_sum(-tf.log(self.probs) * tf.one_hot(self.acts, n_actions), axis=1)
            self.loss = tf.reduce_mean(neg * self.vt)
            self.same = tf.reduce_max(tf.abs(neg - neg2))
        with tf.name_scope("train"):
            opt = tf.train.AdamOptimizer(lr)
            gvs = [(tf.clip_by_value(g, -5., 5.), v) for g, v in opt.compute_gradients(self.loss)]
            self.train_op = opt.apply_gradients(gvs)
        self.sess = tf.Session()
        self.sess.run(tf.global_variables_initializer())

    def choose(self, o):
        return int(self.sess.run(self.sample, feed_dict={self.obs: o[np.newaxis, :]})[0])


class DQN:
    def __init__(self):
        self.s = tf.placeholder(tf.float32, [None, 5], name="s")
        self.s_ = tf.placeholder(tf.float32, [None, 5], name="s_")
        self.r = tf.placeholder(tf.float32, [None])
        self.a = tf.placeholder(tf.int32, [None])
        with tf.variable_scope("eval_net"):
            self.q = self.net(self.s, ["eval_params", tf.GraphKeys.GLOBAL_VARIABLES], True)
        with tf.variable_scope("target_net"):
            q_next = self.net(self.s_, ["target_params", tf.GraphKeys.GLOBAL_VARIABLES], False)
        target = tf.stop_gradient(self.r + 0.9 * tf.reduce_max(q_next, axis=1, name="Qmax"))
        idx = tf.stack([tf.range(tf.shape(self.a)[0], dtype=tf.int32), self.a], axis=1)
        q_a = tf.gather_nd(self.q, idx)
        self.td = tf.abs(target - q_a)
        self.loss = tf.reduce_mean(tf.squared_difference(target, q_a), name="TD_error")
        self.train = tf.train.RMSPropOptimizer(0.01).minimize(self.loss)
        t, e = tf.get_collection("target_params"), tf.get_collection("eval_params")
        self.replace = [tf.assign(x, y) for x, y in zip(t, e)]
        self.soft = tf.group(*[tf.assign(x, 0.9 * x + 0.1 * y) for x, y in zip(t, e)])

    @staticmethod
    def net(x, c, trainable):
        w = tf.get_variable("w1", [5, 6], initializer=tf.random_normal_initializer(0., 0.3), collections=c, trainable=trainable)
        b = tf.get_variable("b1", [1, 6], initializer=tf.constant_initializer(0.1), collections=c, trainable=trainable)
        w2 = tf.get_variable("w2", [6, 2], collections=c, trainable=trainable)
        return tf.matmul(tf.nn.relu(tf.matmul(x, w) + b), w2)


np.random.seed(0); tf.set_random_seed(0)
env, agent = Corridor(), PolicyGradient(5, 2)
for ep in range(6):
    o, done, eo, ea, er = env.reset(), False, [], [], []
    while not done and len(er) < 30:
        a = agent.choose(o)
        o2, r, done = env.step(a)
        eo.append(o); ea.append(a); er.append(r)
        o = o2
    ret = np.zeros(len(er)); run = 0.
    for t in reversed(range(len(er))):
        run = run * 0.95 + er[t]; ret[t] = run
    ret = (ret - ret.mean()) / (ret.std() + 1e-8)
    _, l, same = agent.sess.run([agent.train_op, agent.loss, agent.same], {agent.obs: np.vstack(eo), agent.acts: np.array(ea), agent.vt: ret})
    print(ep, len(er), "%.4f" % sum(er), "%.4f" % l, same < 1e-4)
print(agent.sess.run(agent.probs, {agent.obs: np.eye(5)}))
g = tf.Graph()
with g.as_default():
    tf.set_random_seed(3)
    d = DQN()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        mem = []
        o = env.reset()
        for step in range(60):
            q = sess.run(d.q, {d.s: o[None]})
            a = np.random.randint(2) if np.random.rand() < 0.3 else int(np.argmax(q))
            o2, r, done = env.step(a)
            mem.append((o, a, r, o2)); o = env.reset() if done else o2
            if step > 20:
                b = [mem[i] for i in np.random.choice(len(mem), 8)]
                _, loss, td = sess.run([d.train, d.loss, d.td], {d.s: [m[0] for m in b], d.a: [m[1] for m in b], d.r: [m[2] for m in b], d.s_: [m[3] for m in b]})
            if step % 10 == 0:
                sess.run(d.replace)
            else:
                sess.run(d.soft)
        print("%.5f" % loss, sess.run(d.q, {d.s: np.eye(5)}), sess.run(tf.get_collection("target_params")[2]))
