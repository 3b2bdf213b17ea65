"""`dev.py docs`: writes what is out of date, and says so when it is only to look."""

import sys
from pathlib import Path

import pytest

from devstack import docs


def test_documents_are_written_once_and_are_then_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    monkeypatch.setattr(docs, "documents", lambda: {tmp_path / "made.md": "# Made\n"})
    only_look = ["docs", "--check"]
    monkeypatch.setattr(sys, "argv", only_look)
    assert docs.main() == 1
    assert capsys.readouterr().out == "made.md is out of date: python3 dev.py docs\n"
    monkeypatch.setattr(sys, "argv", ["docs"])
    assert docs.main() == 0
    assert (tmp_path / "made.md").read_text() == "# Made\n"
    monkeypatch.setattr(sys, "argv", only_look)
    assert docs.main() == 0
