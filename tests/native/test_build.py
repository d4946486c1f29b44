"""Building the native library, and going on without it."""

import importlib.util
import pathlib
import subprocess
import sys

import pytest
from setuptools import Distribution

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def build():
    """native/build_library.py, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("build_library", ROOT / "native/build_library.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def command(build, tmp_path):
    made = build.BuildNative(Distribution({"name": "headrace", "ext_modules": [build.EXTENSION]}))
    made.build_lib, made.build_temp = str(tmp_path / "lib"), str(tmp_path / "temp")
    made.ensure_finalized()
    return made


def built_files(tmp_path):
    return [p for p in tmp_path.rglob("*") if p.suffix == ".so"]


def test_without_a_compiler_one_line_is_said(build, tmp_path, monkeypatch, capsys):
    """The installation goes on; the line says why and what follows."""
    monkeypatch.setenv("CXX", "/bin/false")
    assert build.find_compiler() is None
    command(build, tmp_path).run()
    said = capsys.readouterr().err.strip()
    assert said == (
        "headrace: no native kernels: there is no C++ compiler; everything works through XLA"
    )
    assert not built_files(tmp_path)


def test_without_headers_one_line_is_said(build, tmp_path, monkeypatch, capsys):
    """jaxlib is asked for as a build requirement; where it is missing even so, work goes on."""
    monkeypatch.setattr(build, "find_compiler", lambda: ["c++"])
    monkeypatch.setattr(build, "find_headers", lambda: None)
    assert build._with_headers(["a"]) == ["a", "jaxlib>=0.10"]
    command(build, tmp_path).run()
    assert "there are no headers of jaxlib" in capsys.readouterr().err
    assert not built_files(tmp_path)


def test_a_failing_compiler_names_the_error(build, tmp_path, monkeypatch, capsys):
    """A stale library of an earlier build is removed rather than left beside new sources."""
    compiler = build.find_compiler()
    if compiler is None or build.find_headers() is None:
        pytest.skip("there is no compiler here")
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "broken.cc").write_text("int main( {")
    monkeypatch.setattr(build, "NATIVE", sources)
    made = command(build, tmp_path)
    stale = pathlib.Path(made.get_ext_fullpath(build.EXTENSION.name))
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"")
    made.run()
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "error" in said and "broken.cc" in said
    assert not stale.exists()


def test_nothing_is_required_where_nothing_can_be_compiled(build, monkeypatch):
    """Without a compiler, or with headers at hand, building asks for no jaxlib."""
    monkeypatch.setattr(build, "find_compiler", lambda: None)
    assert build._with_headers(["a"]) == ["a"]
    monkeypatch.undo()
    monkeypatch.setattr(build, "find_headers", lambda: ROOT)
    assert build._with_headers(["a"]) == ["a"]


@pytest.mark.parametrize(
    ("name", "machine", "flag"),
    [
        ("conv_avx512.cc", "x86_64", "-mavx512f"),
        ("simd_avx2.cc", "AMD64", "-mfma"),
        ("simd_base.cc", "x86_64", None),
        ("simd_avx2.cc", "aarch64", None),
    ],
)
def test_flags_are_those_of_the_file(build, name, machine, flag):
    """Only the files of an instruction set are compiled for it, only where it exists."""
    flags = build.flags_of(pathlib.Path(name), machine)
    assert flag in flags if flag else flags == ()


@pytest.mark.slow
def test_no_shared_code_is_compiled_for_one_instruction_set(build, tmp_path):
    """A file for an instruction set exports only its own names: nothing the linker may merge.

    An inline function of the standard library compiled for AVX-512 could become the copy that a
    machine without AVX-512 calls.
    """
    compiler, headers = build.find_compiler(), build.find_headers()
    if compiler is None or headers is None or sys.platform != "linux":
        pytest.skip("needs a compiler and nm")
    for source in sorted(build.NATIVE.glob("simd_avx*.cc")):
        made = tmp_path / "one.o"
        flags = (*build._FLAGS, *build.flags_of(source, "x86_64"))
        build._call([*compiler, *flags, "-O1", "-c", str(source), "-o", str(made)])
        names = subprocess.run(["nm", str(made)], capture_output=True, text=True, check=True)
        weak = [line for line in names.stdout.splitlines() if line.split()[-2] in "WVu"]
        assert not weak, f"{source.name}: {weak}"
