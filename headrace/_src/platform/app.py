"""The entry point of scripts: `tf.app.run`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from headrace._api.export import export


def _parse_known(argv: list[str] | None) -> list[str]:
    """Parse the defined flags and leave unknown ones in what is returned."""
    from headrace._src.platform import flags

    parse: Any = vars(flags)["FLAGS"]
    rest: list[str] = parse(sys.argv if argv is None else argv, known_only=True)
    return rest


@export("app.run", v2=())
def run(main: Callable[[list[str]], Any] | None = None, argv: list[str] | None = None) -> None:
    """Parse the flags, call `main(argv)` with what is left, and exit with its result.

    Args:
      main: The function to call; `main` of the script when None.
      argv: The command line; `sys.argv` when None.

    Raises:
      SystemExit: Always, with the status of `main`.
    """
    from absl import app

    main = main or sys.modules["__main__"].main  # type: ignore[attr-defined]
    app.run(main=main, argv=argv, flags_parser=_parse_known)
