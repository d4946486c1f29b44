"""Benchmarks: each measures headrace beside other implementations in one run."""
