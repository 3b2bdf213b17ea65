"""Sections of the performance page outlive the page."""

from devstack.bench.sections import carry_section, replace_section


def test_section_is_added_once_and_then_replaced():
    page = "# Performance\n\ntable\n"
    once = replace_section(page, "speed", "Speed", ["first"])
    twice = replace_section(once, "speed", "Speed", ["second"])
    assert once.startswith(page)
    assert once.replace("first", "second") == twice
    assert replace_section(f"{once}\nmore\n", "speed", "Speed", ["second"]) == f"{twice}\nmore\n"


def test_page_made_anew_keeps_what_the_other_command_has_written():
    first = replace_section("# Performance\n\nold table\n", "speed", "Speed", ["- 1.5 times"])
    page = carry_section(first, "# Performance\n\nnew table\n", "speed")
    assert page.startswith("# Performance\n\nnew table\n")
    assert page.count("- 1.5 times") == 1
    assert replace_section(page, "speed", "Speed", ["- 1.4 times"]).count("1.5 times") == 0
    assert carry_section("nothing yet", "# Performance\n", "speed") == "# Performance\n"
