"""Pages in docs/adr: numbered as their files, each with what was decided, why, and what follows."""

import re
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).resolve().parents[2] / "docs/adr").glob("[0-9]*.md"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_decision_says_why_and_what_follows(path: Path):
    text = path.read_text()
    assert text.startswith(f"# {int(path.name[:4])}. ")
    assert re.search(r"^Status: (?:accepted|superseded by \d+), \d{4}-\d{2}$", text, re.MULTILINE)
    parts = re.findall(r"^\*\*(Context|Decision|Consequences)\.\*\*", text, re.MULTILINE)
    assert parts == ["Context", "Decision", "Consequences"]


def test_no_two_decisions_have_one_number():
    numbers = [path.name[:4] for path in PAGES]
    assert len(set(numbers)) == len(numbers)


def test_what_a_page_names_as_another_decision_is_one():
    numbers = {int(path.name[:4]) for path in PAGES}
    named = {int(number) for path in PAGES for number in re.findall(r"ADR (\d+)", path.read_text())}
    assert named
    assert named <= numbers
