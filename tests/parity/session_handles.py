"""Snippets of session handles."""

_O = {"xla": False}
_H = "GetSessionHandle;0;/job:localhost/replica:0/task:0/device:CPU:0"

SNIPPETS = {
    "get handle": ("h = tf.get_session_handle(tf.constant([1.]) * 2.)\nfetch = tf.no_op()", _O),
    "get tensor": (
        f"p, t = tf.get_session_tensor('{_H}', tf.float32, name='kept')\n"
        f"fetch = t\nfeed = {{p: '{_H}'}}",
        _O,
    ),
    "delete tensor": (
        f"p, o = tf.delete_session_tensor('{_H}')\nfetch = o\nfeed = {{p: '{_H}'}}",
        _O,
    ),
}
