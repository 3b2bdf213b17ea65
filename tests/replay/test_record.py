"""`python3 -m tests.replay.record`, as operations are told to call it after a plan was changed."""

import json
from pathlib import Path

import pytest

from tests.replay import record


def test_command_writes_what_is_missing_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    names = ("onboarding_failed", "disconnected")
    monkeypatch.setattr(record, "FIXTURES", tmp_path)
    monkeypatch.setattr(record, "SCRIPTS", {name: record.SCRIPTS[name] for name in names})
    released = tmp_path / record.VERSIONING.current / "disconnected.json"
    released.parent.mkdir()
    released.write_text("as it was released")
    assert record.main() == 0
    assert released.read_text() == "as it was released"
    written = json.loads(released.with_name("onboarding_failed.json").read_text())
    assert written["name"] == "onboard_tenant"
    assert written["events"]
