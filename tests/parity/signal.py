"""Snippets of Fourier transforms and what is made of them."""

DATA = """
x = tf.constant(np.cos(np.arange(2 * 3 * 4 * 5)).reshape(2, 3, 4, 5), tf.float32)
c = tf.complex(x, x[:, ::-1])
p = tf.placeholder_with_default(np.cos(np.arange(24)).astype(np.float32).reshape(2, 12), None)
q = tf.placeholder_with_default(np.cos(np.arange(24)).astype(np.float32).reshape(2, 12), [None, None])
"""
CLOSE = {"rtol": 2e-3}

SNIPPETS = {
    "fft": (
        DATA
        + """
y = [tf.fft(c), tf.signal.fft2d(c), tf.spectral.fft3d(c, name="f"), tf.ifft(c), tf.signal.ifft2d(c), tf.ifft3d(tf.cast(c, tf.complex128))]
tf.constant(str([t.shape for t in y]), name="static")
fetch = [tf.reduce_sum(tf.abs(t)) for t in y] + [t[0, 1, 2] for t in y] + tf.gradients([tf.abs(t) for t in y], x)
""",
        CLOSE,
    ),
    "rfft": (
        DATA
        + """
y = [tf.signal.rfft(x), tf.signal.rfft(x, [3]), tf.signal.rfft(x, [8], name="r"), tf.signal.rfft2d(x), tf.spectral.rfft3d(x, [3, 5, 6]),
     tf.signal.rfft(p), tf.signal.rfft(q, tf.constant([16]))]
z = [tf.signal.irfft(c), tf.signal.irfft(c, [7]), tf.signal.irfft2d(c, [4, 8]), tf.spectral.irfft3d(c, name="i"), tf.signal.irfft(tf.complex(q, q))]
tf.constant(str([t.shape for t in y + z]), name="static")
fetch = [tf.reduce_sum(tf.abs(t)) for t in y + z] + [t[0][1] for t in y + z]
""",
        CLOSE,
    ),
    "rfft_gradients": (
        DATA
        + """
r1, r2 = tf.signal.rfft(x, [5]), tf.signal.rfft2d(x[..., :4], [4, 4])
i1, i2 = tf.signal.irfft(c[..., :4], [6]), tf.signal.irfft2d(c[..., :4], [4, 7])
fetch = [tf.gradients(tf.abs(r1), x), tf.gradients(tf.real(r2 * r2), x), tf.gradients(i1 * i1, x), tf.gradients(i2 * i2, x)]
""",
        CLOSE,
    ),
    "rfft3d_gradient": DATA + "tf.gradients(tf.abs(tf.signal.rfft3d(x)), x)",
    "fft_real": "tf.fft([1., 2.])",
    "fft_scalar": "tf.fft(tf.constant(1j))",
    "shift": DATA
    + """
fetch = [tf.signal.fftshift(tf.range(5)), tf.signal.ifftshift(tf.range(5)), tf.signal.fftshift(x[0, 0], axes=1), tf.signal.ifftshift(x[0], axes=(0, -1), name="s")]
""",
    "windows": (
        """
n = tf.placeholder_with_default(5, [])
fetch = [tf.signal.hann_window(8), tf.signal.hamming_window(7, periodic=False), tf.contrib.signal.hann_window(1), tf.signal.hann_window(9, dtype=tf.float64),
         tf.signal.hamming_window(n, name="w")]
""",
        {"cfv2": True},
    ),
    "window_dtype": "tf.signal.hann_window(8, dtype=tf.int32)",
    "frame": DATA
    + """
y = [tf.signal.frame(x, 2, 1), tf.signal.frame(x, 4, 3, pad_end=True, pad_value=7., axis=1), tf.contrib.signal.frame(q, 5, 4, name="f"), tf.signal.frame(p, 4, 2, True)]
z = [tf.signal.overlap_and_add(y[0], 1), tf.signal.overlap_and_add(y[2], 2), tf.signal.overlap_and_add(tf.reshape(x, [2, 3, 20]), 20), tf.contrib.signal.overlap_and_add(y[3], 3)]
tf.constant(str([t.shape for t in y + z]), name="static")
fetch = [y, z, tf.gradients(y[2] * y[2], q)]
""",
    "stft": (
        """
s = tf.constant(np.sin(np.arange(2 * 60) ** 1.5).reshape(2, 60), tf.float32)
d = tf.placeholder_with_default(np.sin(np.arange(2 * 60) ** 1.5).astype(np.float32).reshape(2, 60), [None, None])
y = [tf.signal.stft(s, 12, 4), tf.contrib.signal.stft(s, 9, 5, fft_length=10, window_fn=None, pad_end=True), tf.signal.stft(d, 8, 8, window_fn=tf.signal.hamming_window, name="s")]
z = [tf.signal.inverse_stft(y[0], 12, 4, window_fn=tf.signal.inverse_stft_window_fn(4)), tf.signal.inverse_stft(y[1], 12, 5, fft_length=10), tf.contrib.signal.inverse_stft(y[2], 6, 3, window_fn=None)]
tf.constant(str([t.shape for t in y + z]), name="static")
fetch = [tf.abs(t) for t in y] + [t[0] for t in y] + z + tf.gradients(tf.abs(y[2]), d)
""",
        CLOSE,
    ),
    "dct": (
        DATA
        + """
y = [tf.signal.dct(x), tf.signal.dct(x, type=1), tf.signal.dct(x, type=3, n=3), tf.signal.dct(x, n=7, norm="ortho"), tf.signal.dct(x, 3, norm="ortho", name="d")]
z = [tf.signal.idct(x), tf.spectral.idct(x, norm="ortho"), tf.signal.idct(x, type=3), tf.spectral.dct(q)]
tf.constant(str([t.shape for t in y + z]), name="static")
fetch = y + z
""",
        {"rtol": 2e-3, "atol": 1e-5},
    ),
    "dct_axis": DATA + "tf.signal.dct(x, axis=0)",
    "dct_type": DATA + "tf.signal.dct(x, type=4)",
    "dct_norm": DATA + "tf.signal.dct(x, norm='x')",
    "mel": (
        """
m = tf.signal.linear_to_mel_weight_matrix(5, 17, 8000, 100., 3000.)
n = tf.contrib.signal.linear_to_mel_weight_matrix(name="n")
s = tf.abs(tf.signal.stft(tf.constant(np.sin(np.arange(120) ** 1.5), tf.float32), 32, 16))
c = tf.signal.mfccs_from_log_mel_spectrograms(tf.log(tf.matmul(s, m) + 1e-2))
tf.constant(str([m.shape, n.shape, c.shape]), name="static")
fetch = [m, n, c]
""",
        {"rtol": 2e-3, "atol": 1e-5},
    ),
    "mel_bins": "tf.signal.linear_to_mel_weight_matrix(0)",
    "mel_edges": "tf.signal.linear_to_mel_weight_matrix(upper_edge_hertz=5000.)",
}
