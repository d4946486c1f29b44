"""Snippets of matrix products, parts, solutions, decompositions and norms."""

SNIPPETS = {}

for _ta in (False, True):
    for _tb in (False, True):
        SNIPPETS[f"matmul_{int(_ta)}{int(_tb)}"] = f"""
a = tf.constant(np.arange(6, dtype=np.float32).reshape({(3, 2) if _ta else (2, 3)}))
b = tf.constant(np.arange(12, dtype=np.float32).reshape({(4, 3) if _tb else (3, 4)}) * 0.5 - 1)
c = tf.matmul(a, b, transpose_a={_ta}, transpose_b={_tb})
g = tf.gradients(c, [a, b])
fetch = [c, g, tf.gradients(tf.square(c), a), tf.gradients(g[0], b)]
"""
        SNIPPETS[f"batch_matmul_{int(_ta)}{int(_tb)}"] = f"""
a = tf.constant(np.arange(12, dtype=np.float32).reshape({(2, 3, 2) if _ta else (2, 2, 3)}))
b = tf.constant(np.arange(24, dtype=np.float32).reshape({(2, 4, 3) if _tb else (2, 3, 4)}) * 0.5 - 1)
c = tf.matmul(a, b, transpose_a={_ta}, adjoint_b={_tb})
fetch = [c, tf.gradients(c, [a, b])]
"""

SNIPPETS.update(
    {
        "matmul_named": "fetch = tf.matmul([[1.0, 2.0]], [[3.0], [4.0]], name='mm')",
        "matmul_unknown": """
a = tf.placeholder_with_default(np.ones([2, 3], np.float32), [None, 3]); b = tf.placeholder_with_default(np.ones([3, 2], np.float32), None)
c = tf.matmul(a, b); d = tf.matmul(a, tf.ones([3, 5]))
fetch = [c, d, tf.gradients(d, a), tf.gradients(c, [a, b])]
""",
        "matmul_broadcast": """
a = tf.constant(np.arange(12, dtype=np.float32).reshape(2, 2, 3)); b = tf.constant(np.ones([3, 4], np.float32))
c = tf.matmul(a, b)
fetch = [c, tf.gradients(c, [a, b])]
""",
        "matmul_int": "fetch = tf.matmul([[1, 2]], [[3], [4]])",
        "matmul_half": "a = tf.constant([[0.1, 2.5]], tf.float16); fetch = tf.matmul(a, a, transpose_b=True)",
        "matmul_complex": """
a = tf.constant([[1 + 1j, 2.0], [0.5, -1j]], tf.complex64)
c = tf.matmul(a, a, adjoint_a=True); d = tf.matmul(a, a, transpose_b=True)
fetch = [c, d, tf.gradients(tf.real(c), a)]
""",
        "matmul_sparse": """
a = tf.constant([[0.0, 2.0], [1.0, 0.0]]); b = tf.constant([[1.0, 2.0], [3.0, 4.0]])
c = tf.matmul(a, b, a_is_sparse=True); d = tf.matmul(a, b, transpose_a=True, transpose_b=True, b_is_sparse=True)
fetch = [c, d, tf.gradients(c, [a, b]), tf.gradients(d, [a, b])]
""",
        "matmul_bad": "tf.matmul(tf.zeros([2, 3]), tf.zeros([4, 5]))",
        "matmul_bad_batch": "tf.matmul(tf.zeros([2, 3, 1]), tf.zeros([4, 5]))",
        "matmul_bad_rank": "tf.matmul(tf.zeros([2]), tf.zeros([4, 5]))",
        "matmul_bad_both": "tf.matmul(tf.zeros([2, 2]), tf.zeros([2, 2]), transpose_a=True, adjoint_a=True)",
        "matmul_bad_dtype": "tf.matmul(tf.zeros([2, 2]), tf.zeros([2, 2], tf.float64))",
        "matmul_bad_run": """
p = tf.placeholder_with_default(np.ones([2, 3], np.float32), [None, None])
fetch = tf.matmul(p, p)
""",
        "matvec": "fetch = [tf.linalg.matvec([[1.0, 2.0], [3.0, 4.0]], tf.constant([1.0, -1.0])), tf.linalg.matvec([[1.0, 2.0], [3.0, 4.0]], [1.0, -1.0], transpose_a=True, name='mv')]",
        "tensordot": """
a = tf.constant(np.arange(24, dtype=np.float32).reshape(2, 3, 4)); b = tf.constant(np.arange(12, dtype=np.float32).reshape(4, 3))
c = tf.tensordot(a, b, [[2], [0]]); d = tf.tensordot(a, b, [[1, 2], [1, 0]]); e = tf.tensordot(a, b, 1); f = tf.tensordot(b, a, axes=[1, 1]); z = tf.tensordot(b, b, 0, name="outer")
fetch = [c, d, e, f, z, tf.gradients(c, [a, b])]
""",
        "tensordot_unknown": """
a = tf.placeholder_with_default(np.arange(24, dtype=np.float32).reshape(2, 3, 4), [None, 3, 4]); b = tf.constant(np.arange(12, dtype=np.float32).reshape(4, 3))
fetch = [tf.tensordot(a, b, [[2], [0]]), tf.tensordot(a, b, [[-1], [0]]), tf.tensordot(a, b, 1)]
""",
        "tensordot_rankless": """
a = tf.placeholder_with_default(np.arange(6, dtype=np.float32).reshape(2, 3), None); b = tf.constant(np.ones([3, 2], np.float32))
fetch = tf.tensordot(a, b, [[1], [0]])
""",
        "tensordot_bad": "tf.tensordot(tf.zeros([2]), tf.zeros([2]), [[0, 1], [0]])",
        "einsum": """
a = tf.constant(np.arange(6, dtype=np.float32).reshape(2, 3)); b = tf.constant(np.arange(12, dtype=np.float32).reshape(3, 4))
x = tf.constant(np.arange(24, dtype=np.float32).reshape(2, 3, 4)); y = tf.constant(np.arange(24, dtype=np.float32).reshape(2, 4, 3))
m = tf.einsum('ij,jk->ik', a, b); t = tf.einsum('ij->ji', a); s = tf.einsum('ij->i', a); bm = tf.einsum('bij,bjk->bik', x, y)
o = tf.einsum('i,j->ij', a[0], b[0]); d = tf.einsum('ij,ij->', a, a); im = tf.einsum('ij,jk', a, b); el = tf.einsum('...ij,...jk->...ik', x, y)
h = tf.einsum('bij,kj->bik', x, tf.transpose(b), name="heads")
fetch = [m, t, s, bm, o, d, im, el, h, tf.gradients(m, [a, b]), tf.gradients(bm, x)]
""",
        "einsum_three": """
a = tf.constant([[1.0, 2.0]]); b = tf.constant([[1.0], [3.0]]); c = tf.constant([[2.0, 5.0]])
fetch = [tf.einsum('ij,jk,kl->il', a, b, c), tf.einsum('i,i,i->', a[0], c[0], a[0]), tf.einsum('ii', tf.constant([[1.0, 2.0], [3.0, 4.0]]))]
""",
        "einsum_unknown": """
x = tf.placeholder_with_default(np.ones([2, 3, 4], np.float32), [None, None, 4]); w = tf.constant(np.ones([4, 5], np.float32))
fetch = [tf.einsum('bij,jk->bik', x, w), tf.einsum('bij,bkj->bik', x, x)]
""",
        "einsum_bad": "tf.einsum('ij,jk->il', tf.zeros([2, 3]), tf.zeros([3, 4]))",
        "einsum_bad_count": "tf.einsum('ij,jk->ik', tf.zeros([2, 3]))",
        "einsum_bad_twice": "tf.einsum('iij->j', tf.zeros([2, 2, 3]))",
        "einsum_bad_rank": "tf.einsum('ij,jk->ik', tf.zeros([2, 3, 1]), tf.zeros([3, 4]))",
        "einsum_bad_keyword": "tf.einsum('ij->ji', tf.zeros([2, 3]), nme='a')",
        "parts": """
x = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]); s = tf.constant([[1.0, 2.0], [3.0, 4.0]]); v = tf.constant([7.0, 8.0])
a = [tf.matrix_diag(v), tf.matrix_diag_part(x), tf.matrix_diag_part(s), tf.matrix_set_diag(x, v), tf.matrix_band_part(x, 0, -1), tf.diag(v), tf.diag_part(s),
  tf.trace(s), tf.linalg.trace(x, name="tr"), tf.linalg.adjoint(x), tf.cross([1.0, 2.0, 3.0], [3.0, 1.0, 0.5])]
g = [tf.gradients(a[0], v), tf.gradients(a[1], x), tf.gradients(a[2], s), tf.gradients(a[3], [x, v]), tf.gradients(a[4], x), tf.gradients(a[5], v), tf.gradients(a[6], s), tf.gradients(a[7], s)]
fetch = [a, g]
""",
        "parts_batch": """
x = tf.placeholder_with_default(np.arange(24, dtype=np.float32).reshape(2, 3, 4), [None, 3, None]); v = tf.placeholder_with_default(np.ones([2, 3], np.float32), [None, 3])
y = tf.matrix_set_diag(x, v); z = tf.matrix_band_part(x, 1, 0)
fetch = [y, z, tf.matrix_diag_part(x), tf.gradients(y, [x, v]), tf.gradients(tf.matrix_diag_part(x), x)]
""",
        "cross_gradient": "u = tf.constant([1.0, 2.0, 3.0]); v = tf.constant([0.5, -1.0, 2.0]); fetch = tf.gradients(tf.cross(u, v), [u, v])",
        "parts_bad": "tf.matrix_set_diag(tf.zeros([2, 3]), tf.zeros([3]))",
        "diag_part_bad": "tf.diag_part(tf.zeros([2, 3]))",
        "solve": """
a = tf.constant([[4.0, 1.0], [1.0, 3.0]]); b = tf.constant([[1.0], [2.0]])
i = tf.matrix_inverse(a); d = tf.matrix_determinant(a); c = tf.cholesky(a); x = tf.matrix_solve(a, b); t = tf.matrix_triangular_solve(a, b, lower=True)
u = tf.matrix_triangular_solve(a, b, lower=False, adjoint=True); cs = tf.cholesky_solve(c, b); ld = tf.linalg.logdet(a); sg, lg = tf.linalg.slogdet(a)
fetch = [i, d, c, x, t, u, cs, ld, sg, lg, tf.gradients(i, a), tf.gradients(d, a), tf.gradients(c, a), tf.gradients(x, [a, b]), tf.gradients(t, [a, b]),
  tf.gradients(u, [a, b]), tf.gradients(ld, a), tf.gradients(lg, a), tf.matrix_solve(a, b, adjoint=True), tf.matrix_inverse(a, adjoint=True)]
""",
        "solve_batch": """
a = tf.constant(np.eye(3)[None] * 2 + np.ones([2, 3, 3])); b = tf.constant(np.ones([2, 3, 2]))
fetch = [tf.matrix_inverse(a), tf.matrix_solve(a, b), tf.cholesky(a), tf.matrix_determinant(a), tf.matrix_triangular_solve(a, b)]
""",
        "solve_singular": "fetch = tf.matrix_inverse(tf.constant([[1.0, 2.0], [2.0, 4.0]]))",
        "cholesky_fails": "fetch = tf.cholesky(tf.constant([[-1.0, 0.0], [0.0, -1.0]]))",
        "triangular_singular": "fetch = tf.matrix_triangular_solve(tf.constant([[0.0, 0.0], [0.0, 1.0]]), [[1.0], [1.0]])",
        "inverse_bad": "tf.matrix_inverse(tf.zeros([2, 3]))",
        "least_squares": """
a = tf.constant([[4.0, 1.0], [1.0, 3.0], [2.0, 2.0]]); b = tf.constant([[1.0], [2.0], [0.5]])
x = tf.matrix_solve_ls(a, b); y = tf.matrix_solve_ls(a, b, l2_regularizer=0.1); z = tf.linalg.lstsq(tf.transpose(a), b[:2], name="wide")
fetch = [x, y, z, tf.gradients(x, [a, b])]
""",
        "decompositions": """
a = tf.constant([[4.0, 1.0], [1.0, 3.0], [2.0, 2.5]]); s = tf.constant([[4.0, 1.0], [1.0, 3.0]])
sv = tf.svd(a, compute_uv=False); e = tf.self_adjoint_eigvals(s)
S, U, V = tf.svd(a); E, W = tf.self_adjoint_eig(s); q, r = tf.qr(a)
fetch = [sv, e, S, E, tf.matmul(U * S, V, transpose_b=True), tf.matmul(W * E, W, transpose_b=True), tf.matmul(q, r), tf.abs(r),
  tf.gradients(sv, a), tf.gradients(e, s), tf.gradients(tf.abs(r), a)]
""",
        "svd_gradient": """
a = tf.constant([[4.0, 1.0, 0.5], [1.0, 3.0, 2.0]])
s, u, v = tf.svd(a)
y = tf.reduce_sum(s) + tf.reduce_sum(tf.square(u[0, 0])) + tf.reduce_sum(tf.square(v[1, 0]))
fetch = [s, tf.gradients(y, a)]
""",
        "eig_gradient": """
s = tf.constant([[4.0, 1.0], [1.0, 3.0]])
e, w = tf.self_adjoint_eig(s)
fetch = [e, tf.gradients(tf.reduce_sum(e * [1.0, 2.0]) + tf.square(w[0, 0]), s)]
""",
        "svd_full": "s, u, v = tf.svd(tf.zeros([3, 2]), full_matrices=True); n = tf.svd(tf.placeholder(tf.float32, [None, 3, 2]))[1]; fetch = s",
        "norms": """
x = tf.constant([[1.0, -2.0, 3.0], [4.0, 0.5, -6.0]])
a = [tf.norm(x), tf.norm(x, axis=1), tf.norm(x, ord=1), tf.norm(x, ord=np.inf, axis=0), tf.norm(x, ord=3, axis=1, keepdims=True), tf.norm(x, 'fro', axis=[0, 1]),
  tf.norm(x, 1, axis=(0, 1)), tf.norm(x, np.inf, axis=[-2, -1]), tf.norm(x, ord=2, axis=0, name="n"), tf.norm(x, keep_dims=True)]
fetch = [a, tf.gradients(a[0], x), tf.gradients(a[1], x), tf.linalg.normalize(x, axis=1)]
""",
        "norms_bad": "tf.norm(tf.zeros([2]), ord='what')",
        "norms_bad_axis": "tf.norm(tf.zeros([2, 2]), axis=(0, 0))",
        "square_root": """
a = tf.constant([[4.0, 1.0], [1.0, 3.0]])
r = tf.matrix_square_root(a)
fetch = [r, tf.gradients(r, a), tf.linalg.sqrtm(tf.stack([a, a + 1.0]))]
""",
        "square_root_bad": "tf.linalg.sqrtm(tf.zeros([2, 3]))",
        "pseudo_inverse": """
a = tf.constant([[4.0, 1.0], [1.0, 3.0], [0.5, 2.0]])
fetch = [tf.linalg.pinv(a), tf.linalg.pinv(a, rcond=0.5, name="rough"), tf.linalg.matrix_rank(a), tf.linalg.matrix_rank([[1.0, 2.0], [2.0, 4.0]], tol=0.1)]
""",
        "pseudo_inverse_unknown": "a = tf.placeholder_with_default([[4.0, 1.0], [1.0, 3.0], [0.5, 2.0]], [None, 2]); fetch = [tf.linalg.pinv(a), tf.linalg.matrix_rank(a)]",
        "pseudo_inverse_bad": "tf.linalg.pinv(tf.zeros([3]))",
        "rank_bad": "tf.linalg.matrix_rank(tf.zeros([3, 2], tf.int32))",
    }
)
