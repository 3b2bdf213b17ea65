"""`dev.py test` as three pytests beside each other, and what the one in the browser does where there is none."""

import os
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

import dev

WITHOUT_BROWSER = """
import sys
from pathlib import Path
from devstack import setup
setup.BROWSER_CHOICE = Path("nowhere")
import pytest
sys.exit(pytest.main(["-p", "no:cacheprovider", "tests/browser/test_watching.py", "-k", "refusal"]))
"""


@pytest.mark.parametrize(
    ("rest", "browser", "e2e", "code"), [(0, 0, 0, 0), (1, 0, 0, 1), (0, 1, 0, 1), (0, 0, 3, 3), (2, 1, 1, 2)]
)
def test_everything_is_three_pytests_with_one_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
    rest: int,
    browser: int,
    e2e: int,
    code: int,
):
    started: list[tuple[str, ...]] = []
    ends = {"tests/browser": browser, "tests/e2e": e2e}

    def begin(output: BinaryIO | None, tool: str, *arguments: str) -> subprocess.Popen[bytes]:
        started.append(arguments)
        script = f"print({arguments[-1]!r}); raise SystemExit({ends.get(arguments[-1], rest)})"
        return subprocess.Popen([sys.executable, "-c", script], stdout=output)

    monkeypatch.setattr(dev, "begin", begin)
    assert dev.test([], is_full=False) == code
    assert all(arguments[:2] == ("-m", "not slow and not accessibility") for arguments in started)
    assert started[2][2:] == ("--ignore=tests/browser", "--ignore=tests/e2e")
    shown = capfdbinary.readouterr().out.decode().split()
    assert shown == ["--ignore=tests/e2e", "tests/browser", "tests/e2e"]


def test_options_go_to_one_pytest(monkeypatch: pytest.MonkeyPatch):
    started: list[tuple[str, ...]] = []
    monkeypatch.setattr(dev, "run", lambda *arguments: started.append(arguments) or 0)
    assert dev.test(["tests/unit", "-x"], is_full=True) == 0
    assert started == [("pytest", "-m", "not accessibility", "tests/unit", "-x")]


def test_processes_keep_what_they_compile(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert dev.run("python", "-c", "import sys; print(sys.dont_write_bytecode)") == 0
    assert capfd.readouterr().out == "False\n"


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_journeys_without_a_browser_are_named_and_fail_in_ci(ci: str, code: int):
    root = Path(dev.__file__).parent
    environment = {**os.environ, "PYTHONPATH": str(root), "CI": ci}
    command = [sys.executable, "-c", WITHOUT_BROWSER]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code
    summary = done.stdout.partition("LEFT OUT, AS THERE IS NO BROWSER")[2]
    assert "tests/browser/test_watching.py::test_refusal_of_the_api_is_the_portals_to_show" in summary
