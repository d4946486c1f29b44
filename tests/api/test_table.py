"""The checked-in API description is the exported one, complete and clean."""

import importlib.util
import inspect
import pathlib
import pickle
import subprocess
import sys

import pytest

import headrace
from headrace._api import export, namespace

ROOT = pathlib.Path(__file__).parents[2]
_spec = importlib.util.spec_from_file_location("gen_api", ROOT / "scripts/gen_api.py")
gen_api = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(gen_api)


@pytest.fixture(scope="module", autouse=True)
def everything():
    gen_api.import_all(keep_going=False)


def public_modules():
    spaces = ["", *sorted(s for s in gen_api.namespaces([]) if s)]
    return [importlib.import_module("headrace." + s if s else "headrace") for s in spaces]


@pytest.mark.slow
def test_generated_files_are_up_to_date():
    """scripts/gen_api.py would change nothing."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/gen_api.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_dir_shows_public_names_only():
    """`dir` and `__all__` of every namespace are its names of the table and namespaces below."""
    for module in public_modules():
        version, space = namespace.place(module.__name__)
        wanted = namespace.names(version, space)
        assert module.__all__ == wanted
        assert [n for n in dir(module) if not n.startswith("__")] == wanted


def test_every_name_resolves():
    """Every name of the table is there, and is the same object under all its names."""
    for table, version in ((export.NAMES, "1"), (export.NAMES_V2, "2")):
        for name, value in table.items():
            space, _, symbol = name.rpartition(".")
            assert namespace.lookup(version, space, symbol, "headrace") is value, name


def test_symbols_have_docstrings():
    """Every exported function and class says what it does."""
    bare = [
        (entry.names or entry.v2)[0]
        for entry in export.ENTRIES
        if entry.attr is not None and not inspect.getdoc(entry.value)
    ]
    assert not bare


def test_functions_and_classes_pickle_by_public_name():
    """Pickling a symbol gives the symbol back."""
    for entry in export.ENTRIES:
        if entry.attr is not None and entry.names and inspect.isroutine(entry.value):
            assert pickle.loads(pickle.dumps(entry.value)) is entry.value


def test_names_are_those_of_tensorflow():
    """No v1 name is invented: TensorFlow 1.15 has every one."""
    known = namespace.known()
    invented = []
    for name in export.NAMES:
        space, _, symbol = name.rpartition(".")
        if symbol not in known.get(space, ()) and not space.startswith(
            ("app.flags", "contrib", "keras")
        ):
            invented.append(name)
    assert not sorted(invented)


def test_missing_names_say_why():
    """A TensorFlow 1.15 name that is not there is told apart from a misspelt one."""
    error = namespace.missing("1", "", "placeholder", "headrace")
    assert isinstance(error, namespace.MissingSymbolError)
    assert "tf.placeholder is part of TensorFlow 1.15" in str(error)
    with pytest.raises(AttributeError, match="has no attribute 'placehoder'.*placeholder"):
        _ = headrace.placehoder
    assert not hasattr(headrace, "no_such_name")


def test_compat_v1_is_the_root():
    """`compat.v1` offers the root's objects."""
    assert headrace.compat.v1.placeholder is headrace.placeholder
    assert headrace.compat.v1.nn is headrace.nn
    assert headrace.compat.v2.nn.relu is headrace.nn.relu
    assert headrace.compat.v1.__version__ == "1.15.5" == headrace.VERSION
