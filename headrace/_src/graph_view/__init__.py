"""Graphs to look at: as lists, as trees of name scopes, as DOT and as HTML."""
