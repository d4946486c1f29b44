"""Messages to the user through the `tensorflow` logger: `tf.logging`."""

from __future__ import annotations

import collections
import functools
import logging
import os
import sys
import traceback
from typing import Any

from headrace._api.export import export, export_value

DEBUG = export_value(logging.DEBUG, "logging.DEBUG", v2=())
INFO = export_value(logging.INFO, "logging.INFO", v2=())
WARN = export_value(logging.WARNING, "logging.WARN", v2=())
ERROR = export_value(logging.ERROR, "logging.ERROR", v2=())
FATAL = export_value(logging.CRITICAL, "logging.FATAL", v2=())

_counts: collections.Counter[tuple[str, int]] = collections.Counter()


def _caller() -> tuple[str, int, str]:
    """File, line and function of the first frame outside this module and the standard one."""
    frame = sys._getframe(1)
    skipped = (__file__, logging.__file__)
    while frame.f_back is not None and frame.f_code.co_filename in skipped:
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name


def _find_caller(stack_info: bool = False, stacklevel: int = 1) -> tuple[str, int, str, str | None]:
    stack = "".join(traceback.format_stack()) if stack_info else None
    return (*_caller(), stack)


@export("get_logger")
@functools.cache
def get_logger() -> logging.Logger:
    """Return the logger named `tensorflow`, with a handler unless the program configured logging.

    Returns:
      The `logging.Logger`. Its level is WARN until `tf.logging.set_verbosity` is called, INFO in an
      interactive interpreter.
    """
    logger = logging.getLogger("tensorflow")
    logger.findCaller = _find_caller  # type: ignore[method-assign,assignment]
    if not logging.getLogger().handlers:
        interactive = hasattr(sys, "ps1") or sys.flags.interactive
        if interactive:
            logger.setLevel(logging.INFO)
        handler = logging.StreamHandler(sys.stdout if interactive else sys.stderr)
        handler.setFormatter(logging.Formatter(logging.BASIC_FORMAT, None))
        logger.addHandler(handler)
    return logger


@export("logging.log", v2=())
def log(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log `msg % args` at a level.

    Args:
      level: One of `tf.logging.DEBUG` ... `FATAL`.
      msg: The message, with `%` places for `args`.
      *args: What goes into the places.
      **kwargs: As for `logging.Logger.log`.
    """
    get_logger().log(level, msg, *args, **kwargs)


@export("logging.vlog", v2=())
def vlog(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log `msg % args` at a level, as `tf.logging.log` does."""
    get_logger().log(level, msg, *args, **kwargs)


@export("logging.debug", v2=())
def debug(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log `msg % args` at level DEBUG."""
    get_logger().debug(msg, *args, **kwargs)


@export("logging.info", v2=())
def info(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log `msg % args` at level INFO."""
    get_logger().info(msg, *args, **kwargs)


@export("logging.warn", v2=())
def warn(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log `msg % args` at level WARN."""
    get_logger().warning(msg, *args, **kwargs)


@export("logging.warning", v2=())
def warning(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log `msg % args` at level WARN."""
    get_logger().warning(msg, *args, **kwargs)


@export("logging.error", v2=())
def error(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log `msg % args` at level ERROR."""
    get_logger().error(msg, *args, **kwargs)


@export("logging.fatal", v2=())
def fatal(msg: Any, *args: Any, **kwargs: Any) -> None:
    """Log `msg % args` at level FATAL; the program goes on."""
    get_logger().critical(msg, *args, **kwargs)


@export("logging.TaskLevelStatusMessage", v2=())
def task_level_status_message(msg: Any) -> None:
    """Log a message at level ERROR."""
    error(msg)


@export("logging.flush", v2=())
def flush() -> None:
    """Refuse: as in TensorFlow 1.15 there is nothing to flush.

    Raises:
      NotImplementedError: Always.
    """
    raise NotImplementedError


@export("logging.log_if", v2=())
def log_if(level: int, msg: Any, condition: Any, *args: Any) -> None:
    """Log `msg % args` at a level if `condition` holds."""
    if condition:
        vlog(level, msg, *args)


@export("logging.log_every_n", v2=())
def log_every_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Log the first and then every n-th message from the calling line."""
    log_if(level, msg, not _next_count() % n, *args)


@export("logging.log_first_n", v2=())
def log_first_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """Log the first `n` messages from the calling line."""
    log_if(level, msg, _next_count() < n, *args)


def _next_count() -> int:
    file, line, _ = _caller()
    key = (os.path.abspath(file), line)
    _counts[key] += 1
    return _counts[key] - 1


@export("logging.get_verbosity", v2=())
def get_verbosity() -> int:
    """Return the level below which messages are dropped."""
    return get_logger().getEffectiveLevel()


@export("logging.set_verbosity", v2=())
def set_verbosity(v: int) -> None:
    """Drop messages below level `v`."""
    get_logger().setLevel(v)
