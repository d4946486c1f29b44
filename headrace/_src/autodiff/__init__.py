"""Gradients over a graph: the algorithm only; the rules stand beside their ops."""
