"""Event files and TFRecord files: writers and readers."""
