"""Layers: objects that make their variables at the first call and share them afterwards."""
