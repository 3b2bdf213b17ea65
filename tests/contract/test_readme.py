"""What the README says the product does is what the tests it names play."""

import re

import pytest

from tests.contract.named_tests import ROOT, marks_of_always_run

NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)(?:\[(\w+)\])?`", (ROOT / "README.md").read_text())


def test_every_feature_names_a_test():
    rows = re.findall(r"^\| .* \| `tests/.*\|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    features = " ".join(rows)
    assert len(rows) == len(NAMED) == len(set(NAMED))
    assert all(name in features for name in ("ConnectWise", "Autotask", "HaloPSA", "GDAP", "DAP"))


@pytest.mark.parametrize(("path", "name", "case"), NAMED)
def test_the_test_a_feature_names_is_there_and_always_run(path: str, name: str, case: str):
    marks = marks_of_always_run(path, name)
    assert not case or any(repr(case) in mark for mark in marks)
