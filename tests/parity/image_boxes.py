"""Snippets of boxes on images: drawn, cropped, picked; and of image files."""

BOXES = """
boxes = np.array([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11], [1, 10.1, 0, 11.1], [0, 100, 1, 101]], np.float32)
scores = np.array([.9, .75, .6, .95, .5, .3], np.float32)
"""

SNIPPETS = {
    "draw": """
x = tf.zeros([2, 6, 7, 3])
b = tf.constant([[[0.1, 0.2, 0.8, 0.9], [-.5, .3, .4, 1.5]], [[.9, .2, .1, .8], [1.2, 0., 1.5, 1.]]])
fetch = [tf.image.draw_bounding_boxes(x, b), tf.image.draw_bounding_boxes(tf.ones([2, 4, 4, 1]) * .5, b, name="gray"),
         tf.image.draw_bounding_boxes(x, b, colors=[[.1, .2, .3]]), tf.compat.v2.image.draw_bounding_boxes(x, b, [[1., 0., 0.], [0., 1., 0.]])]
""",
    "draw_depth": "fetch = tf.image.draw_bounding_boxes(tf.zeros([1, 4, 4, 2]), tf.zeros([1, 1, 4]))",
    "crop_and_resize": """
x = tf.constant(np.arange(2 * 5 * 6 * 2, dtype=np.float32).reshape(2, 5, 6, 2) % 17)
b = tf.constant([[0.1, 0.2, 0.8, 0.9], [-.5, .3, .4, 1.5], [.9, .8, .1, .2], [0., 0., 1., 1.]])
i = tf.constant([0, 1, 1, 0])
y = tf.image.crop_and_resize(x, b, i, [3, 4])
z = tf.image.crop_and_resize(x, b, box_indices=i, crop_size=tf.constant([1, 2]), method="nearest", extrapolation_value=-1., name="z")
w = tf.compat.v2.image.crop_and_resize(tf.cast(x, tf.uint8), b, i, [2, 1])
p = tf.placeholder_with_default(np.ones([2, 5, 6, 2], np.float32), [None, None, 6, 2])
v = tf.image.crop_and_resize(p, b, i, [2, 2])
g = tf.gradients([tf.square(y), tf.square(z), tf.square(w)], [x, b])
h = tf.gradients(v, [p, b])
tf.constant(str([y.shape, z.shape, v.shape]), name="static")
fetch = [y, z, w, v, g, h]
""",
    "crop_bad_index": "fetch = tf.image.crop_and_resize(tf.zeros([2, 3, 3, 1]), tf.zeros([1, 4]), [2], [2, 2])",
    "suppress": BOXES
    + """
a = tf.image.non_max_suppression(boxes, scores, 3)
b = tf.image.non_max_suppression(tf.constant(boxes), tf.constant(scores), tf.constant(30), iou_threshold=.9, score_threshold=.55, name="b")
c = tf.image.non_max_suppression_padded(boxes, scores, 5, pad_to_max_output_size=True)
d = tf.image.non_max_suppression_with_scores(boxes, scores, 6, soft_nms_sigma=.5)
e = tf.image.non_max_suppression_with_scores(boxes, scores, 6, iou_threshold=1., score_threshold=.2, soft_nms_sigma=.2)
f = tf.image.non_max_suppression_overlaps(np.eye(4, dtype=np.float32), [.1, .4, .2, .4], 3)
o = np.array([[1, .6, .1], [.6, 1, .7], [.1, .7, 1]], np.float32)
g = tf.image.non_max_suppression_overlaps(o, [.3, .2, .1], 3)
tf.constant(str([a.shape, c[0].shape]), name="static")
fetch = [a, b, c, d, e, f, g]
""",
    "suppress_threshold": BOXES
    + "fetch = tf.image.non_max_suppression(boxes, scores, 3, iou_threshold=1.5)",
    "suppress_shape": "tf.image.non_max_suppression(np.zeros([3, 5], np.float32), [1., 2., 3.], 3)",
    "sample": """
b = tf.constant([[[0.1, 0.2, 0.8, 0.9], [.3, .3, .4, .5]]])
s = [tf.image.sample_distorted_bounding_box([60, 80, 3], b, seed=i, seed2=5, min_object_covered=.3) for i in range(1, 5)]
s += [tf.image.sample_distorted_bounding_box(tf.constant([33, 47, 1], tf.int64), tf.zeros([1, 0, 4]), seed=3, use_image_if_no_bounding_boxes=True,
      aspect_ratio_range=[.5, 2.], area_range=[.1, .9], max_attempts=10, name="s")]
s += [tf.compat.v2.image.sample_distorted_bounding_box([60, 80, 3], b, seed=4)]
fetch = s
""",
    "sample_none": "fetch = tf.image.sample_distorted_bounding_box([6, 8, 3], tf.zeros([1, 0, 4]), seed=1)",
    "sample_outside": "fetch = tf.image.sample_distorted_bounding_box([6, 8, 3], [[[0., 0., 1.5, 1.]]], seed=1)",
    "sample_runs": (
        """
b = tf.constant([[[0.1, 0.2, 0.8, 0.9]]])
fetch = tf.image.sample_distorted_bounding_box([60, 80, 3], b, seed=7)
""",
        {"runs": 3},
    ),
    "files": """
x = np.arange(9 * 7 * 3).reshape(9, 7, 3).astype(np.uint8)
j, p = tf.image.encode_jpeg(x), tf.image.encode_png(x)
k = tf.image.encode_jpeg(tf.constant(x), quality=40, chroma_downsampling=False, name="k")
g = tf.image.encode_jpeg(x[..., :1], format="grayscale", progressive=True)
w = tf.image.encode_png(tf.constant(x.astype(np.uint16) * 200))
a = [tf.image.decode_jpeg(t, dct_method="INTEGER_ACCURATE", channels=c) for t in (j, k, g) for c in (0, 1, 3)]
b = [tf.image.decode_jpeg(j, dct_method="INTEGER_ACCURATE", ratio=r) for r in (2, 4, 8)]
c = [tf.image.decode_png(p, channels=c) for c in (0, 1, 3, 4)] + [tf.io.decode_png(p, dtype=tf.uint16), tf.image.decode_png(w, dtype=tf.uint16)]
d = [tf.image.decode_and_crop_jpeg(j, [1, 2, 5, 4], dct_method="INTEGER_ACCURATE"), tf.image.extract_jpeg_shape(k), tf.image.extract_jpeg_shape(g, tf.int64)]
e = [tf.image.is_jpeg(j), tf.io.is_jpeg(p)]
tf.constant(str([t.shape for t in a + b + c + d + e]), name="static")
fetch = [j, p, k, a, b, c, d, e]
""",
    "jpeg_unknown": "fetch = tf.image.decode_jpeg(b'abc')",
    "jpeg_empty": "fetch = tf.image.decode_jpeg(b'')",
    "jpeg_channels": "fetch = tf.image.decode_jpeg(b'', channels=2)",
    "jpeg_window": """
j = tf.image.encode_jpeg(np.zeros([5, 5, 3], np.uint8))
fetch = tf.image.decode_and_crop_jpeg(j, [3, 3, 4, 4])
""",
    "image": (
        """
x = np.arange(9 * 7 * 3).reshape(9, 7, 3).astype(np.uint8)
p = tf.image.encode_png(x)
bmp = tf.constant(b"BM" + b"\\0" * 8 + b"\\x36\\0\\0\\0\\x28\\0\\0\\0\\x02\\0\\0\\0\\x01\\0\\0\\0\\x01\\0\\x18" + b"\\0" * 25 + bytes(bytearray(range(1, 9))))
gif = tf.constant(b"GIF89a\\2\\0\\2\\0\\x91\\0\\0" + bytes(bytearray([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7])) + b"\\x2c\\0\\0\\0\\0\\2\\0\\2\\0\\0\\2\\3\\x44\\x34\\5\\0\\x3b")
fetch = [tf.image.decode_image(p), tf.image.decode_image(p, channels=1, dtype=tf.float32, name="e"), tf.image.decode_image(bmp),
         tf.image.decode_image(gif), tf.image.decode_image(gif, expand_animations=False), tf.image.decode_bmp(bmp), tf.image.decode_gif(gif)]
""",
        {"cfv2": True},
    ),
    "image_unknown": ("fetch = tf.image.decode_image(b'abcd')", {"cfv2": True}),
    "image_channels": "tf.image.decode_image(b'abcd', channels=2)",
    "encode_channels": "fetch = tf.image.encode_jpeg(np.zeros([2, 3, 2], np.uint8))",
    "encode_quality": "fetch = tf.image.encode_jpeg(np.zeros([2, 3, 3], np.uint8), quality=101)",
    "png_dtype": "tf.image.decode_png(b'', dtype=tf.float32)",
}

SNIPPETS["resize_v2"] = """
v2 = tf.compat.v2.image
x = tf.constant(np.arange(2 * 4 * 6 * 1, dtype=np.float32).reshape(2, 4, 6, 1) % 11)
p = tf.placeholder_with_default(np.ones([4, 6, 1], np.float32), [None, None, 1])
y = [v2.resize(x, [3, 5]), v2.resize(x[0], [7, 2], "nearest"), v2.resize(x, [8, 8], v2.ResizeMethod.BICUBIC, name="b"),
     v2.resize(x, tf.constant([2, 3]), "area", antialias=True), v2.resize(x, [4, 6]), v2.resize(p, [8, 9], preserve_aspect_ratio=True), v2.resize_with_pad(x, 5, 5)]
tf.constant(str([t.shape for t in y]), name="static")
fetch = [y, tf.gradients(y[0], x)]
"""
SNIPPETS["resize_v2_method"] = "tf.compat.v2.image.resize(tf.zeros([4, 6, 1]), [3, 5], 'x')"
SNIPPETS["jpeg_quality"] = """
x = np.full([8, 8, 3], 70, np.uint8)
y = [tf.image.adjust_jpeg_quality(x, 30), tf.image.adjust_jpeg_quality(x / 255., tf.constant(90), name="q"), tf.image.random_jpeg_quality(x, 30, 60, seed=4)]
tf.constant(str([t.shape for t in y]), name="static")
fetch = [tf.shape(t) for t in y]
"""
SNIPPETS["jpeg_quality_range"] = (
    "tf.image.random_jpeg_quality(np.zeros([8, 8, 3], np.uint8), 60, 30)"
)
