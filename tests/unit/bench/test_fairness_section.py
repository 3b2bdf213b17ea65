from devstack.bench.fairness import carry_section, replace_section


def test_page_made_anew_keeps_what_the_other_command_has_written():
    first = replace_section("# Performance\n\nold table\n", ["- 1.5 times"])
    page = carry_section(first, "# Performance\n\nnew table\n")
    assert page.startswith("# Performance\n\nnew table\n")
    assert page.count("- 1.5 times") == 1
    assert replace_section(page, ["- 1.4 times"]).count("1.5 times") == 0
    assert carry_section("nothing yet", "# Performance\n") == "# Performance\n"
