"""What the fairness bench says of its numbers, and when it says that small tenants are starved."""

from dataclasses import replace

import pytest

from devstack.bench.fairness import Batch, Fairness, carry_section, render_fairness, replace_section

FAIR = Fairness(
    tenants=200,
    huge_users=200_000,
    latency_ms=50,
    alone=Batch(median=20.0, last=40.0),
    beside=Batch(median=30.0, last=72.0),
    huge_before=1,
    huge_after=60,
)


def test_small_tenants_within_twice_their_time_are_fair():
    assert FAIR.is_met
    assert "- beside the huge tenant: 1.50 and 1.80 times their time alone (at most 2)" in render_fairness(FAIR)
    assert "| beside one of 200,000 users | 30.0 s | 72.0 s |" in render_fairness(FAIR)


@pytest.mark.parametrize(
    "unfair",
    [
        replace(FAIR, beside=Batch(median=30.0, last=81.0)),
        replace(FAIR, beside=Batch(median=41.0, last=72.0)),
        replace(FAIR, huge_before=0),
        replace(FAIR, huge_after=100),
    ],
)
def test_slower_ones_or_a_huge_tenant_that_was_not_there_are_not(unfair: Fairness):
    assert not unfair.is_met


def test_section_is_added_once_and_then_replaced():
    page = "# Performance\n\ntable\n"
    once = replace_section(page, ["first"])
    twice = replace_section(once, ["second"])
    assert once.startswith(page)
    assert once.replace("first", "second") == twice
    assert replace_section(f"{once}\nmore\n", ["second"]) == f"{twice}\nmore\n"


def test_page_made_anew_keeps_what_the_other_command_has_written():
    first = replace_section("# Performance\n\nold table\n", ["- 1.5 times"])
    page = carry_section(first, "# Performance\n\nnew table\n")
    assert page.startswith("# Performance\n\nnew table\n")
    assert page.count("- 1.5 times") == 1
    assert replace_section(page, ["- 1.4 times"]).count("1.5 times") == 0
    assert carry_section("nothing yet", "# Performance\n") == "# Performance\n"
