"""What the README says the product does is what the tests it names play."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)(?:\[(\w+)\])?`", (ROOT / "README.md").read_text())


def test_every_feature_names_a_test():
    rows = re.findall(r"^\| .* \| `tests/.*\|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    features = " ".join(rows)
    assert len(rows) == len(NAMED) == len(set(NAMED))
    assert all(name in features for name in ("ConnectWise", "Autotask", "HaloPSA", "GDAP", "DAP"))


@pytest.mark.parametrize(("path", "name", "case"), NAMED)
def test_the_test_a_feature_names_is_there_and_always_run(path: str, name: str, case: str):
    functions = {
        item.name: item for item in ast.parse((ROOT / path).read_text()).body if isinstance(item, ast.FunctionDef)
    }
    marks = [ast.unparse(mark) for mark in functions[name].decorator_list]
    assert not any("slow" in mark or "skip" in mark for mark in marks)
    assert not case or any(repr(case) in mark for mark in marks)
