"""Files, logging, flags and test cases behave as TensorFlow 1.15's do."""

import subprocess
import sys

import numpy as np
import pytest

import headrace as tf


def test_read_and_write(tmp_path):
    """Text and bytes, lines, seeking."""
    path = str(tmp_path / "file.txt")
    with tf.gfile.GFile(path, "w") as file:
        file.write("één\ntwo\n")
    with tf.gfile.Open(path) as file:
        assert file.readlines() == ["één\n", "two\n"]
        file.seek(0)
        assert list(file) == ["één\n", "two\n"]
        assert file.size() == 10
    assert tf.gfile.FastGFile(path, "rb").read(4) == "éé"[:1].encode() + "én"[:1].encode()
    with tf.io.gfile.GFile(path, "a") as file:
        file.write(b"three")
    assert tf.gfile.GFile(path).read().endswith("two\nthree")


def test_directories(tmp_path):
    """Making, listing, matching, walking, moving and deleting."""
    root = str(tmp_path)
    tf.gfile.MakeDirs(f"{root}/a/b")
    tf.gfile.MakeDirs(f"{root}/a/b")
    tf.gfile.MkDir(f"{root}/a")
    tf.gfile.GFile(f"{root}/a/x.txt", "w").write("x")
    assert tf.gfile.Exists(f"{root}/a/x.txt") and tf.gfile.IsDirectory(f"{root}/a")
    assert sorted(tf.gfile.ListDirectory(f"{root}/a")) == ["b", "x.txt"]
    assert tf.gfile.Glob([f"{root}/a/*.txt", f"{root}/*"]) == [f"{root}/a/x.txt", f"{root}/a"]
    assert list(tf.gfile.Walk(root)) == [
        (root, ["a"], []),
        (f"{root}/a", ["b"], ["x.txt"]),
        (f"{root}/a/b", [], []),
    ]
    tf.gfile.Copy(f"{root}/a/x.txt", f"{root}/y")
    tf.gfile.Rename(f"{root}/y", f"{root}/z")
    assert tf.gfile.Stat(f"{root}/z").length == 1
    tf.gfile.Remove(f"{root}/z")
    tf.gfile.DeleteRecursively(f"{root}/a")
    assert tf.io.gfile.listdir(root) == []


@pytest.mark.parametrize(
    "action, error, message",
    [
        (lambda d: tf.gfile.GFile(f"{d}/no").read(), "NotFoundError", "/no; No such file"),
        (lambda d: tf.gfile.GFile(f"{d}/no/f", "w").write(""), "NotFoundError", "No such file"),
        (lambda d: tf.gfile.Remove(d), "FailedPreconditionError", "Is a directory"),
        (lambda d: tf.gfile.ListDirectory(f"{d}/no"), "NotFoundError", "Could not find directory"),
        (lambda d: tf.gfile.Copy(f"{d}/no", f"{d}/b"), "NotFoundError", "/no; No such file"),
        (lambda d: tf.gfile.Copy(f"{d}/f", f"{d}/f"), "AlreadyExistsError", "file already exists"),
        (lambda d: tf.gfile.DeleteRecursively(f"{d}/no"), "NotFoundError", "/no not found"),
        (lambda d: tf.gfile.Glob(f"{d}/no/*"), "NotFoundError", "/no; No such file"),
        (lambda d: tf.gfile.GFile(f"{d}/f", "q"), "InvalidArgumentError", "mode is not"),
        (lambda d: tf.gfile.GFile(f"{d}/f").write("x"), "PermissionDeniedError", "for writing"),
        (lambda d: tf.gfile.GFile(f"{d}/f", "w").read(), "PermissionDeniedError", "for reading"),
    ],
)
def test_file_errors(action, error, message, tmp_path):
    """File-system errors are those of tf.errors, with TensorFlow's messages."""
    (tmp_path / "f").write_text("")
    with pytest.raises(getattr(tf.errors, error), match=message):
        action(str(tmp_path))


def script(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done


def test_logging():
    """Warnings show by default, infos when asked for, in TensorFlow's format."""
    done = script(
        "import headrace as tf\n"
        "tf.logging.info('hidden'); tf.logging.warn('a %d', 1)\n"
        "tf.logging.set_verbosity(tf.logging.INFO); tf.logging.info('shown')\n"
        "for i in range(5): tf.logging.log_every_n(tf.logging.INFO, 'n %d', 2, i)\n"
    )
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "WARNING:tensorflow:a 1",
        "INFO:tensorflow:shown",
        "INFO:tensorflow:n 0",
        "INFO:tensorflow:n 2",
        "INFO:tensorflow:n 4",
    ]


def test_flags_are_parsed_when_read():
    """Reading a flag parses the command line; old argument names work."""
    done = script(
        "import sys; sys.argv = ['x', '--rate=0.5']\n"
        "import headrace as tf\n"
        "tf.app.flags.DEFINE_float('rate', 0.1, 'help')\n"
        "tf.flags.DEFINE_bool(flag_name='quick', default_value=True, docstring='help')\n"
        "print(tf.flags.FLAGS.rate, tf.app.flags.FLAGS.quick, 'rate' in tf.flags.FLAGS)\n"
    )
    assert done.stdout == "0.5 True True\n"


def test_app_run_tolerates_unknown_flags():
    """`tf.app.run` hands unknown flags to main and exits with its result."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import headrace as tf\n"
            "def main(argv):\n    print(argv[1:])\n    return 4\ntf.app.run(main)",
            "--unknown=1",
            "rest",
        ],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (4, "['--unknown=1', 'rest']\n")


def test_test_case():
    """A TestCase has sessions, a fixed seed, and compares values and tensors."""

    class Case(tf.test.TestCase):
        def test_it(self):
            with self.test_session() as session:
                x = tf.constant([1.0, 2.0])
                self.assertAllClose(x * 2.0, [2.0, 4.0])
                self.assertAllEqual(session.run(x), np.array([1.0, 2.0]))
                self.assertEqual(x.device, "/device:CPU:0")
                self.assertShapeEqual(np.zeros([2]), x)
                with self.assertRaisesOpError("Incompatible shapes"):
                    y = tf.placeholder(tf.float32)
                    (x + y).eval({y: [1.0, 2.0, 3.0]})
            self.assertEqual(tf.get_default_graph().seed, 87654321)

    result = Case("test_it").run()
    assert result.testsRun == 1
    assert result.wasSuccessful(), result.failures + result.errors


def test_compute_gradient_error():
    """The two Jacobians of a smooth function agree."""
    with tf.Graph().as_default(), tf.Session():
        x = tf.constant([[0.5, -1.0]], dtype=tf.float64)
        y = tf.tanh(x) * x
        assert tf.test.compute_gradient_error(x, [1, 2], y, [1, 2], np.ones([1, 2])) < 1e-5
