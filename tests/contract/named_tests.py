"""Tests that documents name."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def marks_of_always_run(path: str, name: str) -> list[str]:
    """The decorators of a test as text; KeyError where there is none, AssertionError where it may be left out."""
    body = ast.parse((ROOT / path).read_text()).body
    functions = {item.name: item for item in body if isinstance(item, ast.FunctionDef)}
    marks = [ast.unparse(mark) for mark in functions[name].decorator_list]
    assert not any("slow" in mark or "skip" in mark for mark in marks), name
    return marks
