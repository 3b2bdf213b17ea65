"""`dev.py test` as three pytests beside each other, and what the one in the browser does where there is none."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

import dev
from devstack.claims import BusyError, exclusive
from devstack.storage import lasting_port

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


@pytest.mark.parametrize(
    ("command", "imported", "code", "said"),
    [
        (["dev.py", "setup"], "tempfile", -signal.SIGINT, ""),
        (["-m", "devstack.launch", "devstack.demo"], "tempfile", 130, "\nStopped.\n"),
    ],
)
def test_interrupt_among_the_imports_leaves_no_traceback(
    tmp_path: Path, command: list[str], imported: str, code: int, said: str
):
    (tmp_path / f"{imported}.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    root = Path(dev.__file__).parent
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{root}"}
    started = [sys.executable, *command]
    done = subprocess.run(started, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (code, said)


def test_interrupt_is_held_back_while_the_other_python_starts():
    """It comes just before dev.py gives way to the module."""
    interrupted = "import dev, os, signal; dev.os.chdir = lambda _: None; gives_way = os.execve\n"
    interrupted += "dev.os.execve = lambda *words: [os.kill(os.getpid(), signal.SIGINT), gives_way(*words)]\n"
    interrupted += "dev.become('devstack.trace', ['1'])"
    root = Path(dev.__file__).parent
    command = [sys.executable, "-c", interrupted]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (130, "\nStopped.\n")


def test_launched_module_has_its_own_arguments_and_exit_code(tmp_path: Path):
    (tmp_path / "ends.py").write_text("import sys\nprint(sys.argv[1:], __name__)\nsys.exit(7)\n")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{Path(dev.__file__).parent}"}
    command = [sys.executable, "-m", "devstack.launch", "ends", "--data", "x"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (7, "['--data', 'x'] __main__\n")


@pytest.mark.parametrize("where", ["/proc/nowhere", "file", "sealed"])
def test_folder_that_cannot_be_written_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str):
    (tmp_path / "file").touch()

    def sealed(*arguments: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    if where == "sealed":  # for whoever is not root
        monkeypatch.setattr(Path, "open", sealed)
    with (
        pytest.raises(BusyError, match=r"cannot be made or written \(.+\): choose another"),
        exclusive(tmp_path / where),
    ):
        pass


@pytest.mark.parametrize("module", ["devstack.demo", "devstack.up", "devstack.host"])
def test_command_without_a_folder_ends_with_3(tmp_path: Path, module: str):
    (tmp_path / "file").touch()
    free = [] if module == "devstack.demo" else ["--port", str(lasting_port())]
    command = [sys.executable, "-m", module, "--data", str(tmp_path / "file/data"), *free]
    root = Path(dev.__file__).parent
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 3
    assert "cannot be made or written (Not a directory): choose another folder with --data." in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_journeys_without_a_browser_are_named_and_fail_in_ci(ci: str, code: int):
    root = Path(dev.__file__).parent
    environment = {**os.environ, "PYTHONPATH": str(root), "CI": ci}
    command = [sys.executable, "-c", WITHOUT_BROWSER]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code
    summary = done.stdout.partition("LEFT OUT, AS THERE IS NO BROWSER")[2]
    assert "tests/browser/test_watching.py::test_refusal_of_the_api_is_the_portals_to_show" in summary
