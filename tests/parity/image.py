"""Snippets of images: resizing, flips, crops, colours and standardisation."""

_DATA = """
r = np.random.RandomState(0)
x = tf.constant(r.uniform(0, 1, (2, 5, 4, 3)).astype("f"))
b = tf.constant(r.randint(0, 256, (5, 4, 3)), tf.uint8)
u = tf.placeholder_with_default(r.uniform(0, 1, (5, 4, 3)).astype("f"), [None, None, 3])
"""

SNIPPETS = {}

for _name in ("resize_bilinear", "resize_nearest_neighbor", "resize_bicubic"):
    for _key, _size in (("up", "[7, 9]"), ("down", "[3, 2]"), ("one", "[1, 1]")):
        for _grid in ("", ", align_corners=True", ", half_pixel_centers=True"):
            _case = f"{_name}_{_key}_{_grid[2:8] or 'plain'}"
            SNIPPETS[_case] = f"""{_DATA}
y = tf.image.{_name}(x, {_size}{_grid})
fetch = [y, tf.gradients(tf.square(y), x), tf.image.{_name}(b[None], {_size}{_grid})]
"""
SNIPPETS["resize_area"] = f"""{_DATA}
fetch = [tf.image.resize_area(x, [3, 2]), tf.image.resize_area(x, [7, 9]), tf.image.resize_area(x, [2, 3], align_corners=True)]
"""
SNIPPETS["resize_images"] = f"""{_DATA}
a = tf.image.resize_images(x, [7, 9])
c = tf.image.resize_images(b, (3, 2), method=tf.image.ResizeMethod.NEAREST_NEIGHBOR)
d = tf.image.resize_images(u, [3, 2], tf.image.ResizeMethod.BICUBIC, align_corners=True)
e = tf.image.resize_images(x, [5, 4])
f = tf.image.resize_images(b, tf.constant([3, 2]), method=3, name="named")
g = tf.image.resize(x, [10, 20], preserve_aspect_ratio=True)
fetch = [a, c, d, e, f, g]
"""
SNIPPETS["resize_unknown_size"] = f"""{_DATA}
s = tf.placeholder_with_default([3, 2], [2])
fetch = [tf.image.resize_images(u, s), tf.image.resize_nearest_neighbor(x, s)]
"""
SNIPPETS["resize_nearest_unknown"] = """
x = tf.placeholder_with_default(np.ones((1, 5, 4, 1), "f"), [None, None, None, 1])
y = tf.image.resize_nearest_neighbor(x, [3, 2])
fetch = tf.gradients(y, x)
"""
for _name, _call in {
    "size": "x, [1, 2, 3]",
    "rank": "x[0, 0], [2, 2]",
    "method": "x, [2, 2], method=7",
    "text": "x, 'a'",
    "unknown": "tf.placeholder(tf.float32), [2, 2]",
}.items():
    SNIPPETS["resize_images_bad_" + _name] = f"{_DATA}\ntf.image.resize_images({_call})\n"
SNIPPETS["resize_bilinear_bad_size"] = f"{_DATA}\ntf.image.resize_bilinear(x, [1, 2, 3])\n"
SNIPPETS["resize_bilinear_bad_rank"] = f"{_DATA}\ntf.image.resize_bilinear(x[0], [1, 2])\n"
SNIPPETS["resize_bilinear_bad_zero"] = f"{_DATA}\nfetch = tf.image.resize_bilinear(x, [0, 2])\n"
SNIPPETS["resize_pad"] = (
    f"""{_DATA}
fetch = tf.image.resize_image_with_pad(x, 6, 8)
""",
    {"nodes": False},
)
SNIPPETS["flips"] = f"""{_DATA}
fetch = [tf.image.flip_left_right(b), tf.image.flip_up_down(x), tf.image.flip_left_right(x), tf.image.flip_up_down(b)]
"""
SNIPPETS["flip_unknown"] = f"""{_DATA}
fetch = tf.image.flip_left_right(u)
"""
SNIPPETS["flip_bad"] = "tf.image.flip_left_right(tf.ones([2, 3]))\n"
SNIPPETS["flip_zero"] = "tf.image.flip_left_right(tf.ones([2, 0, 3]))\n"
SNIPPETS["random_flip_batch"] = f"""{_DATA}
fetch = [tf.image.random_flip_left_right(x, seed=3), tf.image.random_flip_up_down(x)]
"""
SNIPPETS["random_flip"] = (
    f"""{_DATA}
fetch = [tf.image.random_flip_left_right(b, seed=3), tf.image.random_flip_up_down(b)]
""",
    {"cfv2": True},
)
SNIPPETS["transpose"] = f"""{_DATA}
fetch = [tf.image.transpose_image(b), tf.image.transpose(x)]
"""
SNIPPETS["rot90"] = (
    f"""{_DATA}
fetch = [tf.image.rot90(b), tf.image.rot90(b, 3), tf.image.rot90(x, k=2)]
""",
    {"cfv2": True, "nodes": False},
)
SNIPPETS["central_crop"] = f"""{_DATA}
fetch = [tf.image.central_crop(b, 0.5), tf.image.central_crop(x, 0.4), tf.image.central_crop(x, 1.0)]
"""
SNIPPETS["central_crop_bad"] = f"{_DATA}\ntf.image.central_crop(b, 0.0)\n"
SNIPPETS["crop"] = f"""{_DATA}
fetch = [tf.image.crop_to_bounding_box(b, 1, 2, 3, 1), tf.image.crop_to_bounding_box(x, 0, 0, 5, 4)]
"""
SNIPPETS["crop_bad"] = f"{_DATA}\ntf.image.crop_to_bounding_box(b, 3, 0, 3, 1)\n"
SNIPPETS["pad"] = f"""{_DATA}
fetch = [tf.image.pad_to_bounding_box(b, 1, 2, 7, 8), tf.image.pad_to_bounding_box(x, 0, 0, 5, 4)]
"""
SNIPPETS["pad_bad"] = f"{_DATA}\ntf.image.pad_to_bounding_box(b, 3, 0, 5, 4)\n"
SNIPPETS["crop_or_pad"] = f"""{_DATA}
fetch = [tf.image.resize_image_with_crop_or_pad(b, 3, 6), tf.image.resize_image_with_crop_or_pad(x, 8, 2),
         tf.image.resize_with_crop_or_pad(b, 5, 4)]
"""
SNIPPETS["crop_or_pad_unknown"] = (
    f"""{_DATA}
fetch = tf.image.resize_image_with_crop_or_pad(u, 3, 6)
""",
    {"cfv2": True},
)
SNIPPETS["convert"] = f"""{_DATA}
a = tf.image.convert_image_dtype(b, tf.float32)
c = tf.image.convert_image_dtype(x, tf.uint8)
d = tf.image.convert_image_dtype(x * 2.0, tf.uint8, saturate=True, name="named")
e = tf.image.convert_image_dtype(b, tf.uint16)
f = tf.image.convert_image_dtype(tf.cast(b, tf.int32), tf.int8)
g = tf.image.convert_image_dtype(x, tf.float64)
h = tf.image.convert_image_dtype(x, tf.float32)
fetch = [a, c, d, e, f, g, h]
"""
SNIPPETS["convert_bad"] = "tf.image.convert_image_dtype([1.0], tf.string)\n"
SNIPPETS["brightness"] = f"""{_DATA}
fetch = [tf.image.adjust_brightness(x, 0.2), tf.image.adjust_brightness(b, -0.1), tf.image.random_brightness(b, 0.3, seed=4)]
"""
SNIPPETS["contrast"] = f"""{_DATA}
fetch = [tf.image.adjust_contrast(x, 1.5), tf.image.adjust_contrast(b, 0.5), tf.image.random_contrast(x, 0.5, 1.5, seed=4)]
"""
SNIPPETS["gamma"] = f"""{_DATA}
fetch = [tf.image.adjust_gamma(x, 1.5), tf.image.adjust_gamma(b, 0.5, 0.9)]
"""
SNIPPETS["hue"] = f"""{_DATA}
fetch = [tf.image.adjust_hue(x, 0.2), tf.image.adjust_hue(b, -0.3), tf.image.random_hue(x, 0.3, seed=4)]
"""
SNIPPETS["saturation"] = f"""{_DATA}
fetch = [tf.image.adjust_saturation(x, 0.2), tf.image.adjust_saturation(b, 1.7), tf.image.random_saturation(x, 0.5, 1.5, seed=4)]
"""
for _name, _call in {
    "brightness": "random_brightness([[[1.0]]], -1.0)",
    "contrast": "random_contrast([[[1.0]]], 1.0, 0.5)",
    "hue": "random_hue([[[1.0]]], 0.7)",
    "saturation": "random_saturation([[[1.0]]], -1.0, 0.5)",
}.items():
    SNIPPETS["bad_" + _name] = f"tf.image.{_call}\n"
SNIPPETS["hsv"] = f"""{_DATA}
y = tf.image.rgb_to_hsv(x)
z = tf.image.hsv_to_rgb(y)
fetch = [y, z, tf.image.rgb_to_hsv([[[0.5, 0.5, 0.5], [0.0, 0.0, 0.0], [1.0, 0.0, 1.0]]])]
"""
SNIPPETS["hsv_gradient"] = (
    f"""{_DATA}
y = tf.image.rgb_to_hsv(x)
fetch = [tf.gradients(y[..., i], x) for i in range(3)]
""",
    {"nodes": False, "rtol": 1e-3, "atol": 1e-4},
)
SNIPPETS["hsv_bad"] = "tf.image.rgb_to_hsv(tf.ones([2, 2, 4]))\n"
SNIPPETS["gray"] = f"""{_DATA}
y = tf.image.rgb_to_grayscale(x)
fetch = [y, tf.image.rgb_to_grayscale(b, name="named"), tf.image.grayscale_to_rgb(y)]
"""
SNIPPETS["gray_bad"] = "tf.image.grayscale_to_rgb(tf.ones([2, 2, 3]))\n"
SNIPPETS["standardization"] = f"""{_DATA}
fetch = [tf.image.per_image_standardization(x), tf.image.per_image_standardization(tf.cast(b, tf.float32)),
         tf.image.per_image_standardization(tf.ones([2, 2, 1]))]
"""
SNIPPETS["total_variation"] = f"""{_DATA}
fetch = [tf.image.total_variation(x), tf.image.total_variation(x[0])]
"""
SNIPPETS["encode_png"] = """
x = tf.constant(np.arange(24).reshape([2, 4, 3]) * 9, tf.uint8)
fetch = [tf.image.encode_png(x), tf.image.encode_png(x[:, :, :1])]
"""
for _name in list(SNIPPETS):
    if isinstance(SNIPPETS[_name], str):
        SNIPPETS[_name] = (SNIPPETS[_name], {"atol": 1e-5})
