"""Plans, tiers, compilations and copies of small programs are as they were recorded.

A difference is not always a mistake. Where the new text is better, or as good, record it with
`python -m tests.engine.record_plans` and let the change show it.
"""

import pytest

from tests.engine import record_plans
from tests.engine.plan_programs import PROGRAMS


def recorded():
    """(program, mode) -> lines."""
    sections = {}
    for block in record_plans.GOLDEN.read_text().split("== ")[1:]:
        title, *lines = block.rstrip().splitlines()
        name, mode = title.split(", ")
        sections[name, mode] = lines
    return sections


RECORDED = recorded()
CASES = [
    pytest.param(name, mode, marks=() if mode == "auto" else pytest.mark.xla)
    for name in PROGRAMS
    for mode in record_plans.MODES
]


@pytest.mark.parametrize(("name", "mode"), CASES)
def test_plan(name, mode):
    assert record_plans.snapshot(name, mode) == RECORDED[name, mode]


def test_everything_recorded_is_a_program():
    assert list(RECORDED) == [(name, mode) for name in PROGRAMS for mode in record_plans.MODES]
