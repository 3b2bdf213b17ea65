"""Sections of the performance page that outlive a page made anew."""

import pytest

from devstack.bench.sections import CAPACITY, FAIRNESS, LARGE, PSA, Section, carry_sections, replace_section


@pytest.mark.parametrize("section", [LARGE, FAIRNESS, PSA, CAPACITY])
def test_section_is_added_once_and_then_replaced(section: Section):
    page = "# Performance\n\ntable\n"
    once = replace_section(page, section, ["first"])
    twice = replace_section(once, section, ["second"])
    assert once.startswith(page)
    assert f"## {section.title}\n\nfirst" in once
    assert once.replace("first", "second") == twice
    assert replace_section(f"{once}\nmore\n", section, ["second"]) == f"{twice}\nmore\n"


def test_page_made_anew_keeps_what_the_other_commands_have_written():
    old = replace_section("# Performance\n\nold table\n", LARGE, ["- 1.1 times"])
    old = replace_section(old, FAIRNESS, ["- 1.5 times"])
    page = carry_sections(old, "# Performance\n\nnew table\n")
    assert page.startswith("# Performance\n\nnew table\n")
    assert (page.count("- 1.1 times"), page.count("- 1.5 times"), page.count("old table")) == (1, 1, 0)
    assert replace_section(page, FAIRNESS, ["- 1.4 times"]).count("1.5 times") == 0
    assert carry_sections("nothing yet", "# Performance\n") == "# Performance\n"
