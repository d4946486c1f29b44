"""The `headrace` command."""

import subprocess
import sys

import pytest

import headrace
from headrace._src.cli import doctor
from headrace._src.cli.main import main


def headrace_command(*args, **keywords):
    command = [sys.executable, "-m", "headrace", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, **keywords)


def test_version(capsys):
    """`--version` prints the version of headrace."""
    with pytest.raises(SystemExit) as status:
        main(["--version"])
    assert status.value.code == 0
    assert capsys.readouterr().out == f"headrace {headrace.__version__}\n"


def test_run(tmp_path):
    """A script runs as Python would run it: its arguments, directory, name and flags."""
    (tmp_path / "beside.py").write_text("value = 3\n")
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, tensorflow as tf, beside\n"
        "tf.flags.DEFINE_integer('n', 1, 'number')\n"
        "def main(argv):\n"
        "    with tf.Session() as sess:\n"
        "        n = tf.flags.FLAGS.n\n"
        "        print(sess.run(tf.constant(2) * n + beside.value), argv[1:], __name__)\n"
        "if __name__ == '__main__':\n"
        "    tf.app.run()\n"
    )
    done = headrace_command("run", script, "--n=5", "rest")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "13 ['rest'] __main__\n"


def test_run_shows_the_scripts_own_traceback(tmp_path):
    """An error is shown from the script on, and the exit status is 1."""
    script = tmp_path / "script.py"
    script.write_text("def f():\n    raise ValueError('no')\nf()\n")
    done = headrace_command("run", script)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert "script.py" in lines[1] and lines[-1] == "ValueError: no"
    assert "runpy" not in done.stderr


def test_run_passes_the_exit_status_on(tmp_path):
    """`sys.exit(3)` in the script is the status of the command."""
    script = tmp_path / "script.py"
    script.write_text("import sys; sys.exit(3)\n")
    assert headrace_command("run", script).returncode == 3


def test_run_names_a_missing_script():
    """A script that is not there is named."""
    done = headrace_command("run", "no_such_script.py")
    assert done.returncode == 2
    assert "no_such_script.py" in done.stderr


def test_doctor_lists_what_is_missing(tmp_path):
    """Missing and unknown symbols are listed by line, and the status says so."""
    script = tmp_path / "script.py"
    script.write_text(
        "import tensorflow as tf\n"
        "from tensorflow.python.ops import array_ops\n"
        "x = tf.placeholder(tf.float32)\n"
        "y = tf.contrib.bayesflow.monte_carlo.expectation\n"
        "z = tf.no_such_symbol + array_ops.zeros\n"
    )
    done = headrace_command("doctor", script)
    assert done.returncode == 1
    missing, unknown, summary = done.stdout.splitlines()
    assert f"{script}:4: tf.contrib.bayesflow" in missing and "missing" in missing
    assert f"{script}:5: tf.no_such_symbol: unknown" in unknown
    assert summary.endswith("2 missing")


def test_doctor_accepts_a_supported_script(tmp_path):
    """Status 0 when everything is there; nothing of the script runs."""
    script = tmp_path / "script.py"
    script.write_text("import tensorflow as tf\ntf.constant(1)\nraise SystemExit('ran')\n")
    done = headrace_command("doctor", script)
    assert (done.returncode, done.stdout) == (
        0,
        f"{script}: 1 symbols used, 1 supported, 0 missing\n",
    )


def test_scan_follows_imports():
    """Names under every form of import are found."""
    uses = doctor.scan(
        "import tensorflow.compat.v1 as t1\n"
        "from tensorflow import nn\n"
        "def f():\n"
        "    from tensorflow.nn import relu\n"
        "    return nn.softmax(t1.placeholder(t1.int32))\n"
    )
    assert {use.symbol for use in uses} == {
        "tf.nn.relu",
        "tf.nn.softmax",
        "tf.placeholder",
        "tf.int32",
    }
