"""`python -m headrace` is the `headrace` command."""

import sys

from headrace._src.cli.main import main

sys.exit(main())
