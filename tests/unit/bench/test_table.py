"""The performance table: what it says, and when it says that a ratio is missed."""

from devstack.bench.__main__ import find_ratios, render_page, render_table
from devstack.bench.subjects import SUBJECTS

Results = dict[int, dict[str, dict[str, float]]]


def results(cpu: float = 2.0, second: float = 0.1, peak: float = 70.0) -> Results:
    subject = {"objects": 1.0, "seconds": 10.0, "cpu": 1.0, "peak": 65.0}
    ours = {**subject, "cpu": cpu, "peak": peak}
    again = {**subject, "seconds": second}
    large = dict.fromkeys(SUBJECTS, subject) | {"pull, map and store": ours, "second sync, no change": again}
    return {1000: dict.fromkeys(SUBJECTS, subject), 100_000: large}


def test_ratios_that_hold_and_ratios_that_do_not():
    assert [is_met for _, is_met in find_ratios(results())] == [True, True, True]
    assert [is_met for _, is_met in find_ratios(results(cpu=3.5))] == [False, True, True]
    assert [is_met for _, is_met in find_ratios(results(second=0.5))] == [True, False, True]
    assert [is_met for _, is_met in find_ratios(results(peak=90))] == [True, True, False]


def test_table_has_a_row_for_every_subject_and_size():
    rows = render_table(results())
    assert len(rows) == 2 + 2 * len(SUBJECTS)
    assert "| 100,000 | pull, map and store | 10.00 | 10,000 | 2.00 | 70 |" in rows
    assert render_page(rows).startswith("# Performance\n")
