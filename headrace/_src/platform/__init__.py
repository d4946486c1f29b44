"""What programs use around the graph: flags, logging, files, test cases, versions."""
