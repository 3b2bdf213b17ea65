"""Which browser the tests get: executables that start or do not, an apt-get and a Playwright that bring one."""

import os
from pathlib import Path

import pytest

from devstack import browser

STARTS = '#!/bin/sh\necho "<html><head></head><body></body></html>"\n'
BROKEN = "#!/bin/sh\nexit 127\n"


class Machine:
    """A folder that is the whole path, and a Playwright that has or has not anything to download."""

    def __init__(self, root: Path) -> None:
        self.path, self.cache, self.playwright = root / "bin", root / "cache", root / "python"
        self.path.mkdir()
        self.put(self.playwright, BROKEN)

    def put(self, path: Path, script: str) -> str:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script)
        path.chmod(0o755)
        return str(path)

    def bringing(self, path: Path, wanted: str) -> str:
        """A script that makes a browser, if its arguments are the wanted ones."""
        lines = [f'case "$*" in {wanted}) ;; *) exit 0;; esac', f"/bin/mkdir -p {path.parent}"]
        return "\n".join(["#!/bin/sh", *lines, f"/bin/cat >{path} <<'END'\n{STARTS}END", f"/bin/chmod 755 {path}", ""])

    def obtain(self) -> str:
        return browser.obtain(str(self.playwright), os.environ)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    monkeypatch.setenv("PATH", str(made.path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(made.cache))
    monkeypatch.delenv("CHROMIUM_PATH", raising=False)
    monkeypatch.setattr(browser, "_MAC_APPLICATIONS", ())
    monkeypatch.setattr(browser.os, "geteuid", lambda: 1000)
    return made


def test_configured_one_comes_before_installed_ones(machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    machine.put(machine.path / "chromium", STARTS)
    monkeypatch.setenv("CHROMIUM_PATH", machine.put(tmp_path / "mine", STARTS))
    assert machine.obtain() == str(tmp_path / "mine")


def test_configured_one_that_does_not_start_is_not_replaced_in_silence(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    machine.put(machine.path / "chromium", STARTS)
    monkeypatch.setenv("CHROMIUM_PATH", str(tmp_path / "nowhere"))
    with pytest.raises(LookupError, match="nowhere, which does not start"):
        machine.obtain()


def test_installed_one_that_does_not_start_is_passed_over(machine: Machine):
    machine.put(machine.path / "chromium", BROKEN)
    chrome = machine.put(machine.path / "google-chrome", STARTS)
    assert machine.obtain() == chrome


def test_playwrights_cache_is_looked_at_before_anything_is_installed(machine: Machine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0)
    machine.put(machine.path / "apt-get", machine.bringing(machine.path / "chromium", "*install*"))
    cached = machine.put(machine.cache / "chromium-7/chrome-linux/chrome", STARTS)
    assert machine.obtain() == cached


def test_root_gets_debians_package(machine: Machine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0)
    wanted = '*"install -y --no-install-recommends chromium "*'
    machine.put(machine.path / "apt-get", machine.bringing(machine.path / "chromium", wanted))
    assert machine.obtain() == str(machine.path / "chromium")


def test_others_get_playwrights_download(machine: Machine):
    machine.put(machine.path / "apt-get", machine.bringing(machine.path / "chromium", "*install*"))
    downloaded = machine.cache / "chromium-8/chrome-linux64/chrome"
    machine.put(machine.playwright, machine.bringing(downloaded, '"-m playwright install chromium"'))
    assert machine.obtain() == str(downloaded)


def test_machine_without_any_is_told_what_to_do(machine: Machine):
    with pytest.raises(LookupError, match="install Chromium or Chrome, or set CHROMIUM_PATH"):
        machine.obtain()


def test_only_root_goes_without_a_sandbox(machine: Machine, monkeypatch: pytest.MonkeyPatch):
    assert "--no-sandbox" not in browser.flags()
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0)
    assert "--no-sandbox" in browser.flags()


def test_chosen_one_that_is_gone_is_none(machine: Machine, tmp_path: Path):
    chosen = machine.put(machine.path / "chromium", STARTS)
    browser.write_choice(tmp_path / "browser.json", chosen)
    assert browser.read_choice(tmp_path / "browser.json") == chosen
    Path(chosen).unlink()
    assert browser.read_choice(tmp_path / "browser.json") is None
