#!/usr/bin/env python3
"""The one command for people: sets everything up by itself, then runs, tests or checks the project.

Standard library only, because it runs before anything is installed.
"""

from __future__ import annotations  # so that an old Python gets as far as being refused

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
STATE = ROOT / ".devstack"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
AZURITE = STATE / "azurite"
NODE_CHOICE = STATE / "node.json"
OLDEST, NEWEST = (3, 11), (3, 13)
APP_PACKAGES = (
    *("connect", "connect_batches", "invitations", "callback", "sync_status", "tenants", "customers", "permissions"),
    *("transfers", "webhooks", "audit_trail", "relationships", "dap", "guidance", "me", "ops", "timers"),
    *("psa_connections", "orchestrators", "activities", "tenantsync"),
)
TYPED = ("function_app.py", *APP_PACKAGES, "devstack", "dev.py")
README_LINES = 150
# One heap for all threads instead of one for each, and large pages returned at once: memory stays flat on large tenants
LEAN_MEMORY = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "131072"}
# What is meant for the app must not reach pip and npm: a CA bundle for a simulator would break their TLS
APP_SETTINGS = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "NODE_OPTIONS")


def main(arguments: Sequence[str]) -> int:
    """Exit code of the command; 2 for a wrong call, 3 when the machine lacks something."""
    refuse_other_pythons()
    options, rest = build_parser().parse_known_args(arguments)
    if rest and options.command in ("setup", "check"):
        build_parser().error(f"{options.command} takes no {rest[0]!r}")
    set_up()
    run = {"setup": lambda: 0, "test": lambda: test(rest, is_full=options.full), "check": check}
    if options.command in run:
        return run[options.command]()
    return become(f"devstack.{options.command}", rest)


def build_parser() -> argparse.ArgumentParser:
    """The commands; those of the local stack parse their own options."""
    parser = argparse.ArgumentParser(prog="dev.py", description="OpsPilot365 Connect on this machine.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in {
        "demo": "connect a simulated tenant and prove every number (--users N, --scenario NAME, --json)",
        "up": "the whole stack, left running, on http://127.0.0.1:7071/",
        "host": "storage and Functions host only, settings from the environment (--port P, --data DIR)",
    }.items():
        commands.add_parser(name, help=text, add_help=False)
    commands.add_parser("bench", help="our sync beside others' (--users N ..., --large, --write)", add_help=False)
    commands.add_parser("docs", help="write the documents that are made from data", add_help=False)
    commands.add_parser("down", help="end whatever a crash left behind", add_help=False)
    commands.add_parser("setup", help="install everything, nothing else")
    commands.add_parser("check", help="lint, types, layers, documents")
    test_parser = commands.add_parser("test", help="all tests; further options go to pytest")
    test_parser.add_argument("--full", action="store_true", help="the slow ones too")
    return parser


def refuse_other_pythons() -> None:
    """Ends with code 3 on a Python the Functions runtime does not have."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(fail(f"Python 3.11, 3.12 or 3.13 is needed, this is {found}. Try: python3.12 dev.py ..."))
    if os.name == "nt":
        sys.exit(fail("The local stack runs on Linux and macOS; on Windows use WSL."))


def fail(message: str) -> int:
    """Says what is wrong; gives the exit code for it."""
    print(message, file=sys.stderr)
    return 3


# Set-up: each step has a stamp of what it was made from, and is done again when that changes or it was interrupted


def set_up() -> None:
    """Makes .venv and installs Azurite; a moment when there is nothing to do."""
    STATE.mkdir(exist_ok=True)
    once("python", python_digest(), "Python packages", install_python)
    once("azurite", digest(ROOT / "devstack/azurite/package-lock.json"), "the table store (Azurite)", install_azurite)


def once(name: str, wanted: str, title: str, install_step: Callable[[], None]) -> None:
    """Runs a step unless its stamp says that it is done."""
    stamp = STATE / f"{name}.stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Setting up (once): {title} ...", file=sys.stderr, flush=True)
    stamp.unlink(missing_ok=True)
    install_step()
    stamp.write_text(wanted)


def python_digest() -> str:
    """Changes with the requirements and with the Python that made the environment."""
    files = (ROOT / "requirements.txt", ROOT / "requirements-dev.txt")
    return "-".join([*map(digest, files), sys.version.split()[0], str(ROOT)])


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def install_python() -> None:
    """A fresh virtual environment with all requirements; the Node.js that may have been in it goes, too."""
    shutil.rmtree(VENV, ignore_errors=True)
    (STATE / "azurite.stamp").unlink(missing_ok=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], env=installer_environment(), check=False)
    if made.returncode:
        sys.exit(fail("Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv"))
    pip_install("-r", str(ROOT / "requirements-dev.txt"))


def install_azurite() -> None:
    """Azurite from the lock file, by this machine's Node.js or PyPI's."""
    from devstack.node import PYPI_NODE, find_system_node, pypi_node, write_choice

    node, environment = find_system_node(), installer_environment()
    if node is None:
        pip_install(PYPI_NODE)
        environment["NODE_OPTIONS"] = "--use-system-ca"  # it brings its own list, which no company's proxy is on
        (site_packages,) = (VENV / "lib").glob("python3.*/site-packages")
        node = pypi_node(site_packages)
    AZURITE.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / "devstack/azurite" / name, AZURITE / name)
    environment["PATH"] = f"{Path(node.executable).parent}{os.pathsep}{environment.get('PATH', '')}"
    options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    install([*node.npm, *options], "npm could not install Azurite", environment, AZURITE)
    write_choice(NODE_CHOICE, node)


def pip_install(*what: str) -> None:
    """pip in the virtual environment, quietly."""
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what]
    install(command, "pip could not install the Python packages", installer_environment(), ROOT)


def install(command: Sequence[str], complaint: str, environment: dict[str, str], directory: Path) -> None:
    """Runs an installer; its output is shown only when it fails."""
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(fail(f"{complaint}:\n{done.stdout}{done.stderr}"))


def installer_environment() -> dict[str, str]:
    """The environment without the settings that are meant for the app."""
    return {name: value for name, value in os.environ.items() if name not in APP_SETTINGS}


# Commands


def become(module: str, arguments: Sequence[str]) -> int:
    """Replaces this process by a module of the stack, so that signals reach it directly."""
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execve(PYTHON, [str(PYTHON), "-m", module, *arguments], stack_environment())


def stack_environment() -> dict[str, str]:
    """The caller's environment, with the project importable, and a C library that gives memory back."""
    return {**LEAN_MEMORY, **os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def test(arguments: Sequence[str], *, is_full: bool) -> int:
    """pytest, with its own exit code."""
    marker = [] if is_full else ["-m", "not slow"]
    return run("pytest", *marker, *arguments)


def check() -> int:
    """Every check, also after one has failed; 0 when all are clean."""
    problems = [
        run("ruff", "format", "--check", "."),
        run("ruff", "check", "."),
        run("mypy", *TYPED),
        run("lint-imports", "--no-logo"),
        run("python", "-m", "devstack.docs", "--check"),
        check_readme(),
    ]
    print("check: clean" if not any(problems) else "check: see above", file=sys.stderr)
    return int(any(problems))


def check_readme() -> int:
    """README must stay short enough to be read."""
    lines = len((ROOT / "README.md").read_text().splitlines())
    return fail(f"README.md has {lines} lines, {README_LINES} are allowed") if lines > README_LINES else 0


def run(tool: str, *arguments: str) -> int:
    """A tool of the virtual environment, its command line shown first."""
    print(f"$ {tool} {' '.join(arguments)}", file=sys.stderr, flush=True)
    command = [str(PYTHON.with_name(tool)), *arguments]
    return subprocess.run(command, cwd=ROOT, env=stack_environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
