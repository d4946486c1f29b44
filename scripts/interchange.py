#!/usr/bin/env python3
"""Exchange files between headrace, TensorFlow 1.15.5 and TensorFlow 2.21, in both directions.

    scripts/interchange.py [--record]

Each of the three writes ten models (tests/interchange/models.py) as checkpoint, meta graph, frozen
graph and SavedModel. headrace reads what the others wrote, the others what headrace wrote, and
`saved_model_cli show` of both looks at the SavedModels. A table says what was read; the exit status
is 1 when anything failed. `--record` keeps what the two TensorFlows wrote in tests/golden.

The TensorFlows live in environments of their own: $ORACLE (1.15.5, Python 3.7, by default
~/.cache/headrace-oracle) and $TF2 (by default ~/.cache/headrace-tf2).
"""

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TESTS = os.path.join(ROOT, "tests", "interchange")
OTHERS = {"tensorflow_1_15": ("ORACLE", "oracle"), "tensorflow_2_21": ("TF2", "tf2")}


# -- workers, which also run on Python 3.7 ---------------------------------------------------------


def load(impl):
    """The `tf` of an implementation."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    if impl == "headrace":
        import headrace as tf

        return tf
    if impl == "tensorflow_2_21":
        import tensorflow.compat.v1 as tf

        tf.disable_v2_behavior()
    else:
        import tensorflow as tf
    tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
    return tf


def work(impl, action, folder):
    """Writes or reads in this very process; prints the result of reading as JSON."""
    sys.path[:0] = [TESTS]
    import exchange

    tf = load(impl)
    if action == "write":
        exchange.write(tf, folder)
        if impl == "tensorflow_2_21":
            write_native(folder)
    else:
        print("\n" + json.dumps(exchange.read(tf, folder)))


def write_native(folder):
    """A SavedModel of TensorFlow 2's own kind; in a process that may be eager."""
    script = os.path.join(TESTS, "native_model.py")
    subprocess.run([sys.executable, script, os.path.join(folder, "native")], check=True)


# -- the exchange ----------------------------------------------------------------------------------


def python(impl):
    """The interpreter of an implementation."""
    if impl == "headrace":
        return sys.executable
    variable, name = OTHERS[impl]
    home = os.environ.get(variable, os.path.expanduser(f"~/.cache/headrace-{name}"))
    return os.path.join(home, "bin", "python")


def ask(impl, action, folder):
    """Runs a worker; returns what it found."""
    env = {**os.environ, "PYTHONPATH": ROOT if impl == "headrace" else ""}
    command = [python(impl), "-W", "ignore", os.path.abspath(__file__), "--worker"]
    done = subprocess.run([*command, impl, action, folder], env=env, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{impl} {action}: {done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1]) if action == "read" else None


def identical(ours, theirs):
    """Model → whether the two files of its checkpoints are the same, byte for byte."""
    found = {}
    for model in sorted(os.listdir(ours)):
        parts = []
        for name in ("model.index", "model.data-00000-of-00001"):
            data = []
            for folder in (ours, theirs):
                with open(os.path.join(folder, model, name), "rb") as file:
                    data.append(file.read())
            parts.append(data[0] == data[1])
        found[model] = "ok" if all(parts) else f"index {parts[0]}, data {parts[1]}"
    return found


def shown(impl, ours, theirs):
    """Model → whether `saved_model_cli show` says of ours what it says of theirs."""
    cli = os.path.join(os.path.dirname(python(impl)), "saved_model_cli")
    found = {}
    for model in sorted(os.listdir(ours)):
        said = []
        for folder in (ours, theirs):
            done = subprocess.run(
                [python(impl), cli, "show", "--dir", os.path.join(folder, model, "saved"), "--all"],
                env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": ""},
                capture_output=True,
                text=True,
            )
            # The three use different ops for initializers and loops, and do not know the same
            # static shapes of what loops give.
            lines = [
                "" if model == "recurrent" and "shape:" in line else line
                for line in done.stdout.splitlines()
                if "contains the following ops" not in line
            ]
            said.append("\n".join(lines) if done.returncode == 0 else done.stderr[-300:])
        found[model] = "ok" if said[0] == said[1] and "serving_default" in said[0] else said[0]
    return found


def native(folder):
    """Whether headrace runs the signature of a SavedModel of TensorFlow 2's own kind."""
    import headrace as tf

    with tf.Graph().as_default(), tf.Session() as session:
        meta = tf.saved_model.load(session, ["serve"], os.path.join(folder, "native"))
        signature = meta.signature_def["serving_default"]
        outputs = {k: v.name for k, v in signature.outputs.items()}
        found = session.run(outputs, {signature.inputs["x"].name: [[1.0, 1.0]]})
    right = found["y"].tolist() == [[8.0, 12.0]] and found["count"] == 1
    return "ok" if right else f"other values: {found}"


def record(folders):
    """Keeps what the TensorFlows wrote, as archives that are the same for the same contents."""
    for impl in OTHERS:
        target = os.path.join(ROOT, "tests", "golden", f"interchange_{impl}.tar.xz")
        with tarfile.open(target, "w:xz", preset=9) as archive:
            for place, _, names in sorted(os.walk(folders[impl])):
                for name in sorted(names):
                    if name == "fingerprint.pb":
                        continue
                    path = os.path.join(place, name)
                    with open(path, "rb") as file:
                        data = file.read()
                    info = tarfile.TarInfo(os.path.relpath(path, folders[impl]))
                    info.size = len(data)
                    archive.addfile(info, io.BytesIO(data))
        print(f"{target}: {os.path.getsize(target)} bytes")


def exchange_all(folder):
    """Does everything; returns the folders and {what: {model: {form: result}}}."""
    folders = {impl: os.path.join(folder, impl) for impl in ("headrace", *OTHERS)}
    for impl, place in folders.items():
        ask(impl, "write", place)
    results = {}
    for impl in OTHERS:
        results[f"{impl} to headrace"] = ask("headrace", "read", folders[impl])
        results[f"headrace to {impl}"] = ask(impl, "read", folders["headrace"])
    ours = folders["headrace"]
    extra = {
        "bytes of 1.15": identical(ours, folders["tensorflow_1_15"]),
        "bytes of 2.21": identical(ours, folders["tensorflow_2_21"]),
        "cli of 1.15": shown("tensorflow_1_15", ours, folders["tensorflow_1_15"]),
        "cli of 2.21": shown("tensorflow_2_21", ours, folders["tensorflow_2_21"]),
    }
    return folders, results, extra


def main(arguments):
    if arguments[:1] == ["--worker"]:
        work(*arguments[1:])
        return 0
    sys.path[:0] = [ROOT]
    missing = [impl for impl in OTHERS if not os.path.exists(python(impl))]
    if missing:
        raise SystemExit(f"not installed: {', '.join(missing)}; see the head of this script")
    with tempfile.TemporaryDirectory() as folder:
        folders, results, extra = exchange_all(folder)
        failures = []
        for title, models in results.items():
            print(f"\n{title}")
            for model, forms in models.items():
                cells = [f"{form}: {'ok' if r == 'ok' else 'FAILED'}" for form, r in forms.items()]
                print(f"  {model:<12} {'  '.join(cells)}")
                failures += [f"{title}, {model}, {f}: {r}" for f, r in forms.items() if r != "ok"]
        for title, models in extra.items():
            good = sum(result == "ok" for result in models.values())
            print(f"\n{title}: {good} of {len(models)} the same")
            failures += [f"{title}, {m}: {r}" for m, r in models.items() if r != "ok"]
        found = native(folders["tensorflow_2_21"])
        print(f"\nsignature of a SavedModel of TensorFlow 2: {found}")
        failures += [] if found == "ok" else [found]
        if "--record" in arguments:
            record(folders)
    print("\n" + "\n".join(failures or ["everything is read as it was written"]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
