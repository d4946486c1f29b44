"""What a profile shows: the dicts of options that `ProfileOptionBuilder` makes."""

from __future__ import annotations

import copy
from typing import Any, Final

from headrace._api.export import export
from headrace._src.core import errors

TRAINABLE_VARIABLES: Final = "_trainable_variables"
SELECTABLE: Final = ("params", "float_ops")
_NOT_MEASURED: Final = frozenset(
    "bytes peak_bytes residual_bytes output_bytes micros accelerator_micros cpu_micros occurrence "
    "device op_types tensor_value input_shapes".split()
)
_EVERYTHING: Final = {
    "max_depth": 10000,
    "min_bytes": 0,
    "min_micros": 0,
    "min_params": 0,
    "min_float_ops": 0,
    "min_occurrence": 0,
    "order_by": "name",
    "account_type_regexes": [".*"],
    "start_name_regexes": [".*"],
    "trim_name_regexes": [],
    "show_name_regexes": [".*"],
    "hide_name_regexes": [],
    "account_displayed_op_only": True,
    "select": ["micros"],
    "step": -1,
    "output": "stdout",
}
# Options that are numbers, in the order in which reports name them.
NUMBERS: Final = (
    *("max_depth", "min_bytes", "min_peak_bytes", "min_residual_bytes", "min_output_bytes"),
    *("min_micros", "min_accelerator_micros", "min_cpu_micros", "min_params", "min_float_ops"),
    *("min_occurrence", "step"),
)
REGEXES: Final = (
    *("account_type_regexes", "start_name_regexes", "trim_name_regexes", "show_name_regexes"),
    "hide_name_regexes",
)


@export("profiler.ProfileOptionBuilder", v2=())
class ProfileOptionBuilder:
    """Builds the options of `tf.profiler.profile`.

    Args:
      options: options to begin with; by default all nodes are shown, with their times.
    """

    def __init__(self, options: Any = None) -> None:
        if options is None:
            options = dict(_EVERYTHING, max_depth=100, account_displayed_op_only=False)
        self._options = copy.deepcopy(options)

    @staticmethod
    def trainable_variables_parameter() -> dict[str, Any]:
        """Return options that show how many parameters trainable variables have."""
        changed = {"account_type_regexes": [TRAINABLE_VARIABLES], "select": ["params"]}
        return {**copy.deepcopy(_EVERYTHING), **changed}

    @staticmethod
    def float_operation() -> dict[str, Any]:
        """Return options that show how many floating-point operations nodes take."""
        changed = {"min_float_ops": 1, "order_by": "float_ops", "select": ["float_ops"]}
        return {**copy.deepcopy(_EVERYTHING), **changed}

    @staticmethod
    def time_and_memory(
        min_micros: int = 1,
        min_bytes: int = 1,
        min_accelerator_micros: int = 0,
        min_cpu_micros: int = 0,
        min_peak_bytes: int = 0,
        min_residual_bytes: int = 0,
        min_output_bytes: int = 0,
    ) -> dict[str, Any]:
        """Return options that show times and memory; `tf.profiler.profile` refuses them.

        Args:
          min_micros: shown are nodes that took at least so long.
          min_bytes: likewise, for memory that was asked for.
          min_accelerator_micros: likewise, for time on an accelerator.
          min_cpu_micros: likewise, for time on a CPU.
          min_peak_bytes: likewise, for the most memory in use.
          min_residual_bytes: likewise, for memory in use afterwards.
          min_output_bytes: likewise, for memory of results.
        """
        changed = {
            "min_bytes": min_bytes,
            "min_peak_bytes": min_peak_bytes,
            "min_residual_bytes": min_residual_bytes,
            "min_output_bytes": min_output_bytes,
            "min_micros": min_micros,
            "min_accelerator_micros": min_accelerator_micros,
            "min_cpu_micros": min_cpu_micros,
            "order_by": "micros",
            "select": ["micros", "bytes"],
        }
        return {**copy.deepcopy(_EVERYTHING), **changed}

    def build(self) -> dict[str, Any]:
        """Return the options."""
        return copy.deepcopy(self._options)

    def _with(self, **options: Any) -> ProfileOptionBuilder:
        self._options.update(copy.deepcopy(options))
        return self

    def with_max_depth(self, max_depth: int) -> ProfileOptionBuilder:
        """Show nodes down to a depth only."""
        return self._with(max_depth=max_depth)

    def with_min_memory(
        self,
        min_bytes: int = 0,
        min_peak_bytes: int = 0,
        min_residual_bytes: int = 0,
        min_output_bytes: int = 0,
    ) -> ProfileOptionBuilder:
        """Show nodes that take at least so much memory only."""
        return self._with(
            min_bytes=min_bytes,
            min_peak_bytes=min_peak_bytes,
            min_residual_bytes=min_residual_bytes,
            min_output_bytes=min_output_bytes,
        )

    def with_min_execution_time(
        self, min_micros: int = 0, min_accelerator_micros: int = 0, min_cpu_micros: int = 0
    ) -> ProfileOptionBuilder:
        """Show nodes that take at least so long only."""
        return self._with(
            min_micros=min_micros,
            min_accelerator_micros=min_accelerator_micros,
            min_cpu_micros=min_cpu_micros,
        )

    def with_min_parameters(self, min_params: int) -> ProfileOptionBuilder:
        """Show nodes with at least so many parameters only."""
        return self._with(min_params=min_params)

    def with_min_occurrence(self, min_occurrence: int) -> ProfileOptionBuilder:
        """Show nodes that occur at least so often only."""
        return self._with(min_occurrence=min_occurrence)

    def with_min_float_operations(self, min_float_ops: int) -> ProfileOptionBuilder:
        """Show nodes with at least so many floating-point operations only."""
        return self._with(min_float_ops=min_float_ops)

    def with_accounted_types(self, account_type_regexes: list[str]) -> ProfileOptionBuilder:
        """Count nodes of types that match one of these regular expressions only."""
        return self._with(account_type_regexes=account_type_regexes)

    def with_node_names(
        self,
        start_name_regexes: list[str] | None = None,
        show_name_regexes: list[str] | None = None,
        hide_name_regexes: list[str] | None = None,
        trim_name_regexes: list[str] | None = None,
    ) -> ProfileOptionBuilder:
        """Choose nodes by regular expressions for their names.

        Args:
          start_name_regexes: nodes to begin with.
          show_name_regexes: nodes to show.
          hide_name_regexes: nodes not to show.
          trim_name_regexes: nodes below which nothing is shown.
        """
        given = {
            "start_name_regexes": start_name_regexes,
            "show_name_regexes": show_name_regexes,
            "hide_name_regexes": hide_name_regexes,
            "trim_name_regexes": trim_name_regexes,
        }
        return self._with(**{k: v for k, v in given.items() if v is not None})

    def account_displayed_op_only(self, is_true: bool) -> ProfileOptionBuilder:
        """Choose whether totals count only what is shown."""
        return self._with(account_displayed_op_only=is_true)

    def with_empty_output(self) -> ProfileOptionBuilder:
        """Print nothing."""
        return self._with(output="none")

    def with_stdout_output(self) -> ProfileOptionBuilder:
        """Print the report."""
        return self._with(output="stdout")

    def with_file_output(self, outfile: str) -> ProfileOptionBuilder:
        """Write the report into a file."""
        return self._with(output=f"file:outfile={outfile}")

    def with_timeline_output(self, timeline_file: str) -> ProfileOptionBuilder:
        """Ask for a timeline, which `tf.profiler.profile` refuses."""
        return self._with(output=f"timeline:outfile={timeline_file}")

    def with_pprof_output(self, pprof_file: str) -> ProfileOptionBuilder:
        """Ask for a profile for pprof, which `tf.profiler.profile` refuses."""
        return self._with(output=f"pprof:outfile={pprof_file}")

    def order_by(self, attribute: str) -> ProfileOptionBuilder:
        """Order nodes by "name", "params" or "float_ops"."""
        return self._with(order_by=attribute)

    def select(self, attributes: list[str]) -> ProfileOptionBuilder:
        """Show these of nodes: "params", "float_ops"."""
        return self._with(select=attributes)

    def with_step(self, step: int) -> ProfileOptionBuilder:
        """Show what a step of a `Profiler` added; -1 for all."""
        return self._with(step=step)


class Options:
    """Options as `tf.profiler.profile` reads them.

    Args:
      given: a dict of them.

    Attributes:
      select: what to show.      order_by: what to order by.     only_displayed: what totals count.
      output: "stdout", "none" or "file".     outfile: the file.

    Raises:
      UnimplementedError: something is asked for that is not measured.
    """

    def __init__(self, given: dict[str, Any]) -> None:
        defaults = {"max_depth": 10, "step": -1}
        self.numbers = {k: given.get(k, defaults.get(k, 0)) for k in NUMBERS}
        self.regexes = {k: list(given.get(k, [])) for k in REGEXES}
        self.order_by = given.get("order_by", "name")
        self.only_displayed = bool(given.get("account_displayed_op_only", False))
        self.select = list(given.get("select", []))
        self.output, _, rest = given.get("output", "stdout").partition(":")
        self.outfile = rest.removeprefix("outfile=")
        asked = [s for s in (*self.select, self.order_by) if s in _NOT_MEASURED]
        asked += [k for k in NUMBERS if k.endswith(("bytes", "micros")) and self.numbers[k]]
        if self.output in ("timeline", "pprof"):
            asked.append(f"output={self.output}")
        if asked:
            raise errors.UnimplementedError(
                None,
                None,
                f"tf.profiler: {', '.join(dict.fromkeys(asked))} is not supported, only parameters "
                "and floating-point operations are; for times see tf.RunMetadata and timelines",
            )

    def table(self) -> str:
        """The options as a report lists them."""
        rows: list[tuple[str, Any]] = [(k, self.numbers[k]) for k in NUMBERS]
        rows.append(("order_by", self.order_by))
        rows += [(k, ",".join(self.regexes[k])) for k in REGEXES]
        rows.append(("account_displayed_op_only", "true" if self.only_displayed else "false"))
        rows.append(("select", ",".join(sorted(self.select))))
        rows.append(("output", f"{self.output}:{self.outfile and f'outfile={self.outfile}'}"))
        return "".join(f"{'-' + k:<28}{v}\n" for k, v in rows)
