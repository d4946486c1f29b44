#!/usr/bin/env python3
"""Damage files of every kind and read them: always a clear error, never a crash or a hang.

    scripts/fuzz_files.py [--cases 10000] [--seed 1] [--memory 2048] [--only NUMBER]

The memory of the process is limited, each case to some seconds. Prints what went wrong, with the
number of the case for `--only`; the exit status is 1 then.
"""

import argparse
import faulthandler
import logging
import os
import pathlib
import resource
import shutil
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def limit_memory(megabytes):
    """Limits what the process may take beyond what it has."""
    with open("/proc/self/statm") as file:
        present = int(file.read().split()[0]) * resource.getpagesize()
    most = present + (megabytes << 20)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--memory", type=int, default=2048, help="MiB beyond the start")
    parser.add_argument("--only", type=int, help="the number of one case")
    options = parser.parse_args()
    faulthandler.enable()

    from tests.fuzz import damage

    logging.disable(logging.CRITICAL)
    failed, start = 0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        corpus, work = os.path.join(folder, "corpus"), os.path.join(folder, "work")
        os.makedirs(corpus)
        damage.write_corpus(corpus)
        limit_memory(options.memory)
        for number, kind, draw in damage.cases(options.seed, options.cases):
            if options.only is not None and number != options.only:
                continue
            os.makedirs(work)
            for what in damage.run_case(corpus, work, kind, draw):
                failed += 1
                print(f"case {number}, {kind}: {what}", flush=True)
            shutil.rmtree(work)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    took = time.monotonic() - start
    print(f"{options.cases} cases, {failed} failures, {took:.0f} s, {peak} MiB at most")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
