"""Finding, refusing and switching off the native library."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from headrace._src.native import library

ROOT = pathlib.Path(__file__).parents[2]
built = pytest.mark.skipif(not library._path().exists(), reason="the library is not built")


def python(code, **environ):
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, **environ},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def fresh():
    """Lets a test load the library anew, and the next test too."""
    library._load.cache_clear()
    yield
    library._load.cache_clear()


def test_switched_off_everything_still_works():
    """HEADRACE_NATIVE=0 leaves results as they are, through NumPy."""
    code = """
import numpy as np
import headrace as tf
from headrace._src.native import library
x = tf.constant(np.arange(32.0).reshape(1, 4, 4, 2), tf.float32)
y = tf.nn.max_pool(tf.nn.conv2d(x, tf.ones([3, 3, 2, 2]), 1, "SAME"), 2, 2, "SAME")
g, = tf.gradients(y, x)
with tf.Session() as session:
    print(session.run([tf.reduce_sum(y), tf.reduce_sum(g)]))
print(library.status())
"""
    on, off = python(code), python(code, HEADRACE_NATIVE="0")
    assert off.splitlines()[-1] == "native kernels: none (switched off by HEADRACE_NATIVE=0)"
    assert on.splitlines()[0] == off.splitlines()[0]


def test_importing_the_project_loads_neither_the_library_nor_jax():
    """`import headrace` stays light, ops included."""
    code = """
import sys
import headrace as tf
tf.nn.max_pool
from headrace._src.native import library
print("jax" in sys.modules, library._load.cache_info().currsize)
"""
    assert python(code) == "False 0"


@built
def test_status_names_what_is_served():
    """The line of `headrace doctor`."""
    assert library.status().startswith("native kernels: ")
    assert str(library._path()) in library.status()
    assert library.fingerprint()


def test_a_library_of_other_sources_is_refused(fresh, monkeypatch):
    """A stale build is told, not called."""
    if not library._path().exists():
        pytest.skip("the library is not built")
    monkeypatch.setattr(library, "_INTERFACE", -1)
    assert "built from other sources" in library.status()
    assert not library.serves_host("max_pool", np.float32)
    assert library.fingerprint() == ""


def test_a_broken_file_is_told(fresh, monkeypatch, tmp_path):
    """What cannot be loaded is named, and work goes on."""
    broken = tmp_path / "_lib.so"
    broken.write_bytes(b"not a library")
    monkeypatch.setattr(library, "_path", lambda: broken)
    assert "cannot be loaded" in library.status()
    assert not library.serves_xla("max_pool", np.float32)


def test_an_unbuilt_library_says_how(fresh, monkeypatch, tmp_path):
    """Without a compiler at installation the line says what to do."""
    monkeypatch.setattr(library, "_path", lambda: tmp_path / "none.so")
    assert "install from source with a C++17 compiler" in library.status()


def test_other_dtypes_and_other_devices_are_not_served(monkeypatch):
    """float16 has no kernel; on accelerators XLA's own are used."""
    import jax

    assert not library.serves_host("max_pool", np.float16)
    assert not library.serves_host("max_pool", np.dtype(">f4"))
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert not library.serves_xla("max_pool", np.float32)


def test_numbers_of_kernels_agree_with_the_sources():
    """The table here is the enumeration of native/kernels.h."""
    text = (ROOT / "native/kernels.h").read_text("utf-8")
    for name, number in library._NUMBERS.items():
        words = name.replace("conv2d", "conv").split("_")
        assert f"k{''.join(w.capitalize() for w in words)} = {number}," in text
    assert f"kInterface = {library._INTERFACE};" in text
