"""Losses: weighted means of errors, collected in the graph."""
