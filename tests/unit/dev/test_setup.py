"""Steps of the set-up are done once, again when something has changed, and a browser is no condition."""

import sys
from pathlib import Path

import pytest

from devstack import browser, setup


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(setup, "STATE", tmp_path)
    monkeypatch.setattr(setup, "BROWSER_CHOICE", tmp_path / "browser.json")
    monkeypatch.delenv("CHROMIUM_PATH", raising=False)
    return tmp_path


def test_step_is_done_again_only_when_its_sources_change_or_what_it_made_is_gone(state: Path):
    made, done = state / "made", []

    def step() -> None:
        done.append(made.write_text(""))

    for wanted in ("1", "1", "2"):
        setup.once("step", wanted, "something", step, made)
    assert len(done) == 2
    made.unlink()
    setup.once("step", "2", "something", step, made)
    assert len(done) == 3


def test_interrupted_step_is_done_again(state: Path):
    made = state / "made"
    made.touch()

    def interrupted() -> None:
        raise KeyboardInterrupt

    setup.once("step", "1", "something", made.touch, made)
    with pytest.raises(KeyboardInterrupt):
        setup.once("step", "2", "something", interrupted, made)
    done: list[None] = []
    setup.once("step", "1", "something", lambda: done.append(None), made)
    assert done


def test_machine_without_a_browser_is_told_in_one_line_and_asked_again(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def nowhere(*arguments: object) -> str:
        raise LookupError("install one.")

    monkeypatch.setattr(browser, "obtain", nowhere)
    for _ in range(2):
        setup.set_up_browser()
        told = capsys.readouterr().err.splitlines()
        assert told[-1] == "No browser, so the journeys in one are left out: install one."
    monkeypatch.setattr(browser, "obtain", lambda *arguments: sys.executable)
    setup.set_up_browser()
    setup.set_up_browser()
    assert capsys.readouterr().err.count("Setting up (once)") == 1


def test_another_configured_browser_is_another_choice(state: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(browser, "obtain", lambda *arguments: setup.os.environ.get("CHROMIUM_PATH", sys.executable))
    setup.set_up_browser()
    monkeypatch.setenv("CHROMIUM_PATH", "/bin/sh")
    setup.set_up_browser()
    assert browser.read_choice(setup.BROWSER_CHOICE) == "/bin/sh"


def test_portal_is_built_again_for_its_sources_and_not_for_what_is_made_from_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(setup, "PORTAL", tmp_path)
    monkeypatch.setattr(setup, "GENERATED", tmp_path / "src/api/contract.ts")
    for name in ("src/api/contract.ts", "src/main.ts", "public/index.html", "dist/x.js", "node_modules/y.js", "z.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    sources = [str(path.relative_to(tmp_path)) for path in setup.portal_sources()]
    assert sources == ["src/main.ts", "public/index.html", "z.json"]
    before = setup.digest(*setup.portal_sources())
    (tmp_path / "src/main.ts").rename(tmp_path / "src/other.ts")
    assert setup.digest(*setup.portal_sources()) != before
