"""The client packages as they are published: unpacked for a test, and scripts that call the API through them."""

import importlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstack.node import read_choice
from devstack.setup import CLIENTS, NODE_CHOICE, node_environment, set_up_clients

HURRIED_PYTHON = """
import runpy, sys, time
wait = time.sleep
time.sleep = lambda seconds: wait(min(seconds, 0.3))
runpy.run_path(sys.argv[1], run_name="__main__")
"""
HURRIED_NODE = """
const wait = globalThis.setTimeout;
globalThis.setTimeout = (then, milliseconds, ...more) => wait(then, Math.min(milliseconds, 300), ...more);
"""
"""What waits as long as the API asks would be half of a test's time."""


@dataclass(frozen=True)
class Packages:
    """Where both packages are unpacked: `site` for Python's path, `modules` for Node's resolution."""

    site: Path
    modules: Path

    @classmethod
    def unpack(cls, directory: Path) -> "Packages":
        """Builds them if they are not of these sources, and unpacks them."""
        set_up_clients()
        (wheel,), (archive,) = CLIENTS.glob("dist/*.whl"), CLIENTS.glob("dist/*.tgz")
        packages = cls(directory / "site", directory / "node_modules")
        zipfile.ZipFile(wheel).extractall(packages.site)
        with tarfile.open(archive) as file:
            file.extractall(packages.modules / "@opspilot365", filter="data")
        (packages.modules / "@opspilot365/package").rename(packages.modules / "@opspilot365/connect")
        for name in ("openapi-fetch", "openapi-typescript-helpers"):
            (packages.modules / name).symlink_to(CLIENTS / "typescript/node_modules" / name)
        return packages

    def import_python(self) -> Any:
        """The Python package."""
        if str(self.site) not in sys.path:
            sys.path.insert(0, str(self.site))
        return importlib.import_module("opspilot365_connect")

    def python(self, script: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
        """Begins a Python script that hurries."""
        path = self.modules.parent / "example.py"
        path.write_text(script)
        command = [sys.executable, "-c", HURRIED_PYTHON, str(path)]
        return _begin(command, {**os.environ, **environment, "PYTHONPATH": str(self.site)})

    def node(self, script: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
        """Begins a module of JavaScript that hurries, on CLIENTS_NODE or the Node.js the set-up chose."""
        path, hurry = self.modules.parent / "example.mjs", self.modules.parent / "hurry.mjs"
        path.write_text(script)
        hurry.write_text(HURRIED_NODE)
        executable = shutil.which(os.environ.get("CLIENTS_NODE") or read_choice(NODE_CHOICE).executable)
        assert executable
        return _begin([executable, "--import", str(hurry), str(path)], {**node_environment(), **environment})


def _begin(command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def example(language: str) -> str:
    """The example of a client's README."""
    folder, tag = {"python": ("python", "python"), "typescript": ("typescript", "ts")}[language]
    text = (CLIENTS / folder / "README.md").read_text()
    return text.partition(f"```{tag}\n")[2].partition("```")[0]
