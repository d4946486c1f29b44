"""`python -m headrace._src.cli`: the command without an installed script."""

import sys

from headrace._src.cli.main import main

sys.exit(main())
