"""Metrics: local variables that gather what batches say, a value and an update."""
