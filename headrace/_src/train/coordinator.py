"""Coordinator: stops a group of threads together."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from headrace._api.export import export
from headrace._src.core import errors
from headrace._src.platform import logging


def _report(ex: Any) -> None:
    if isinstance(ex, tuple):
        logging.info("Error reported to Coordinator: %s", str(ex[1]), exc_info=ex)
    else:
        logging.info("Error reported to Coordinator: %s, %s", type(ex), str(ex))


@export("train.Coordinator")
class Coordinator:
    """Coordinates the end of a set of threads.

    Any thread may call `request_stop`; every thread asks `should_stop` regularly; `join` waits for
    all of them and raises what one of them reported.

    Args:
      clean_stop_exception_types: exceptions that mean a normal end; `tf.errors.OutOfRangeError`
        when left out.
    """

    def __init__(self, clean_stop_exception_types: Any = None) -> None:
        if clean_stop_exception_types is None:
            clean_stop_exception_types = (errors.OutOfRangeError,)
        self._clean = tuple(clean_stop_exception_types)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._failure: Any = None
        self._joined = False
        self._threads: set[threading.Thread] = set()

    def _to_failure(self, ex: Any) -> Any:
        """The exception to raise at `join`, or None when it means a normal end."""
        if ex is None:
            return None
        value = ex[1] if isinstance(ex, tuple) else ex
        if value is not None and not isinstance(value, BaseException):
            raise TypeError(f"ex must be an exception or a sys.exc_info() tuple, got {ex!r}")
        return None if isinstance(value, self._clean) else value

    def request_stop(self, ex: Any = None) -> None:
        """Asks the threads to stop.

        Args:
          ex: the exception, or `sys.exc_info()`, that `join` is to raise.

        Raises:
          BaseException: `ex`, when the threads have been joined already.
        """
        with self._lock:
            failure = self._to_failure(ex)
            if self._joined:
                if failure is not None:
                    raise failure
                return
            if not self._stop.is_set():
                if failure is not None:
                    _report(ex)
                    self._failure = failure
                self._stop.set()
            # A later report would hide the first, which is most often the cause.

    def clear_stop(self) -> None:
        """Forgets that a stop was requested."""
        with self._lock:
            self._joined = False
            self._failure = None
            self._stop.clear()

    def should_stop(self) -> bool:
        """Returns whether a stop was requested."""
        return self._stop.is_set()

    @contextlib.contextmanager
    def stop_on_exception(self) -> Iterator[None]:
        """Returns a context manager that requests a stop when its block raises."""
        try:
            yield
        except Exception:
            self.request_stop(ex=sys.exc_info())

    def wait_for_stop(self, timeout: float | None = None) -> bool:
        """Waits until a stop is requested; returns whether one was.

        Args:
          timeout: seconds to wait at the most.
        """
        return self._stop.wait(timeout=timeout)

    def register_thread(self, thread: threading.Thread) -> None:
        """Adds a thread for `join` to wait for."""
        with self._lock:
            self._threads.add(thread)

    def join(
        self,
        threads: Iterable[threading.Thread] | None = None,
        stop_grace_period_secs: float = 120,
        ignore_live_threads: bool = False,
    ) -> None:
        """Waits for the threads to end.

        Args:
          threads: threads to wait for, besides the registered ones.
          stop_grace_period_secs: seconds to give them after a stop was requested.
          ignore_live_threads: whether threads that are still alive then are no error.

        Raises:
          RuntimeError: a thread is still alive after the grace period.
          BaseException: what was given to `request_stop`.
        """
        with self._lock:
            group = list(self._threads.union(threads or ()))
        while any(t.is_alive() for t in group) and not self.wait_for_stop(0.05):
            pass
        end = time.monotonic() + stop_grace_period_secs
        while any(t.is_alive() for t in group) and time.monotonic() < end:
            for t in group:
                t.join(0.02)
        alive = [t.name for t in group if t.is_alive()]
        with self._lock:
            self._joined = True
            self._threads.clear()
            failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        if alive and not ignore_live_threads:
            raise RuntimeError(f"Coordinator stopped with threads still running: {' '.join(alive)}")

    @property
    def joined(self) -> bool:
        """Whether the threads have been joined."""
        return self._joined

    def raise_requested_exception(self) -> None:
        """Raises the exception given to `request_stop`, if there is one."""
        with self._lock:
            failure = self._failure
        if failure is not None:
            raise failure


@export("train.LooperThread", v2=())
class LooperThread(threading.Thread):
    """A thread that calls a function again and again until a coordinator stops.

    Args:
      coord: the coordinator.
      timer_interval_secs: seconds between the starts of two calls, or None for no pause.
      target: the function; a subclass may override `run_loop` instead.
      args: its positional arguments.
      kwargs: its keyword arguments.

    Raises:
      ValueError: `coord` is no coordinator.
    """

    def __init__(
        self,
        coord: Coordinator,
        timer_interval_secs: float | None,
        target: Callable[..., Any] | None = None,
        args: Any = None,
        kwargs: Any = None,
    ) -> None:
        if not isinstance(coord, Coordinator):
            raise ValueError(f"'coord' argument must be a Coordinator: {coord}")
        super().__init__()
        self.daemon = True
        self._coord = coord
        self._interval = timer_interval_secs
        self._function = target
        self._arguments = args or ()
        self._keywords = kwargs or {}
        self._coord.register_thread(self)

    @staticmethod
    def loop(
        coord: Coordinator,
        timer_interval_secs: float | None,
        target: Callable[..., Any],
        args: Any = None,
        kwargs: Any = None,
    ) -> LooperThread:
        """Starts a looper thread and returns it."""
        looper = LooperThread(coord, timer_interval_secs, target, args, kwargs)
        looper.start()
        return looper

    def run(self) -> None:
        """Calls the function until the coordinator stops."""
        with self._coord.stop_on_exception():
            self.start_loop()
            # The first turn is due at once.
            due = time.time()
            while not self._coord.should_stop():
                if self._interval is not None:
                    if self._coord.wait_for_stop(max(due - time.time(), 0)):
                        break
                    due += self._interval
                self.run_loop()
            self.stop_loop()

    def start_loop(self) -> None:
        """Called before the first turn."""

    def stop_loop(self) -> None:
        """Called after the last turn."""

    def run_loop(self) -> None:
        """One turn: calls the function."""
        if self._function:
            self._function(*self._arguments, **self._keywords)
