"""What docs/security.md says holds a control is a test, is there, and is always run."""

import re

import pytest

from tests.contract.named_tests import ROOT, marks_of_always_run

TEXT = (ROOT / "docs/security.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))
ROWS = re.findall(r"^\| \*\*([STRIDE])\*\* (.*)$", TEXT, re.MULTILINE)


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_the_test_of_a_control_is_there_and_always_run(path: str, name: str):
    marks_of_always_run(path, name)


def test_every_kind_of_threat_has_controls_and_every_control_a_test():
    assert {letter for letter, _ in ROWS} == set("STRIDE")
    assert not [row for _, row in ROWS if "::" not in row.split(" | ")[2]]
