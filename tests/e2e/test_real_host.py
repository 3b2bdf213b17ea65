"""The command that runs the app under Core Tools, as far as it goes without them: `func` is played by the local host.

So this holds packaging, settings, Azurite's three services, the journey and its exit codes. That Microsoft's own host
runs the app is for the job `functions-host` of the workflow to say, which has the real `func`.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devstack import real_host
from devstack.stack import ROOT
from tests.fakes import core_tools


def run(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "devstack.real_host", *options]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)


def put_func(directory: Path, script: str) -> Path:
    directory.mkdir()
    (directory / "func").write_text(f"#!/bin/sh\n{script}\n")
    (directory / "func").chmod(0o755)
    return directory


def test_packaged_app_is_played_to_the_end(tmp_path: Path):
    path = put_func(tmp_path / "bin", f'exec "{sys.executable}" "{core_tools.__file__}" "$@"')
    done = run(path, "--users", "60", "--data", str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("Every number is proven under the real Functions host.\n")
    app = tmp_path / "data/app"
    assert (app / "function_app.py").exists()
    assert not any((app / name).exists() for name in ("devstack", "tests", "portal", "dev.py", ".venv"))


def test_host_that_does_not_start_is_a_failure_with_its_log(tmp_path: Path):
    done = run(put_func(tmp_path / "bin", "echo no bundle to be had; exit 1"), "--data", str(tmp_path / "data"))
    assert done.returncode == 3
    assert "The host did not start:\nno bundle to be had" in done.stderr


def test_missing_core_tools_are_a_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("PATH", "/nowhere")
    assert real_host.main([]) == 3
    assert "npm install --global azure-functions-core-tools@4" in capsys.readouterr().err
