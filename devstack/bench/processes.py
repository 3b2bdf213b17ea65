"""Processes of the bench: a subject run to its end, environments for the peers."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from devstack.stack import ROOT

_PEERS: Final = ROOT / ".devstack/peers"
_REQUIREMENTS: Final = ROOT / "devstack/bench/peers"
_MEANT_FOR_THE_APP: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


class SubjectError(Exception):
    """A subject cannot be run, or did not bring what it should; the text says why."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer's environment, made on demand from its pinned requirements."""

    name: str

    def python(self) -> str:
        """Its interpreter; raises SubjectError when it cannot be installed."""
        requirements = _REQUIREMENTS / f"requirements-{self.name}.txt"
        directory = _PEERS / self.name
        stamp, wanted = directory / "made-of", hashlib.sha256(requirements.read_bytes()).hexdigest()
        python = directory / "bin/python"
        if not stamp.exists() or stamp.read_text() != wanted:
            print(f"Setting up (once): {self.name} to compare with ...", file=sys.stderr, flush=True)
            shutil.rmtree(directory, ignore_errors=True)
            venv.create(directory, with_pip=True, symlinks=True)
            _install(python, requirements)
            stamp.write_text(wanted)
        return str(python)


def _install(python: Path, requirements: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in _MEANT_FOR_THE_APP}
    options = ("--quiet", "--disable-pip-version-check", "-r", str(requirements))
    command = [str(python), "-m", "pip", "install", *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
        raise SubjectError(f"could not be installed: {last}")


def run_subject(command: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """The JSON of a subject's last line; raises SubjectError when it fails."""
    full = {**os.environ, **environment, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=full, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["without a word"])[-1]
        raise SubjectError(f"ended with code {done.returncode}: {last}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
