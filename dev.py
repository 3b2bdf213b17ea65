#!/usr/bin/env python3
"""The one command for people: sets everything up by itself, then runs, tests or checks the project.

Standard library only, because it runs before anything is installed.
"""

from __future__ import annotations  # so that an old Python gets as far as being refused

import signal

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until somebody can say "Stopped.": no traceback of half an import

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from devstack.setup import CLIENTS, PORTAL, PYTHON, ROOT, fail, node_environment, npm, set_up

OLDEST, NEWEST = (3, 11), (3, 13)
APP_PACKAGES = (
    *("connect", "connect_batches", "invitations", "callback", "sync_status", "tenants", "customers", "permissions"),
    *("transfers", "webhooks", "audit_trail", "relationships", "dap", "guidance", "me", "ops", "timers"),
    *("psa_connections", "orchestrators", "activities", "tenantsync"),
)
TYPED = ("function_app.py", *APP_PACKAGES, "devstack", "dev.py", "clients/python/src")
BROWSER_TESTS = "tests/browser"
BESIDE = (BROWSER_TESTS, "tests/e2e")
README_LINES = 150
INTERRUPTED = 130
# One heap for all threads instead of one for each, and large pages returned at once: memory stays flat on large tenants
LEAN_MEMORY = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "131072"}
NEED_A_BROWSER = ("setup", "test", "check", "screenshots")
NEED_CLIENTS = ("setup", "test", "check", "clients")


def main(arguments: Sequence[str]) -> int:
    """Exit code of the command; 2 for a wrong call, 3 when the machine lacks something."""
    refuse_other_pythons()
    options, rest = build_parser().parse_known_args(arguments)
    if rest and options.command in ("setup", "check", "clients"):
        build_parser().error(f"{options.command} takes no {rest[0]!r}")
    set_up(with_browser=options.command in NEED_A_BROWSER, with_clients=options.command in NEED_CLIENTS)
    own = {"setup": lambda: 0, "test": lambda: test(rest, is_full=options.full), "check": check, "clients": clients}
    if options.command in own:
        return own[options.command]()
    return become(f"devstack.{options.command}", rest)


def until_interrupted(arguments: Sequence[str]) -> int:
    """`main`; 130 after Ctrl-C, as shells say of it."""
    try:
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return main(arguments)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return INTERRUPTED


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
    commands.add_parser(
        "bench", help="our sync beside others' (--users N ..., --large, --capacity, --write)", add_help=False
    )
    commands.add_parser("trace", help="what was done for the id of a run, a request or a call of Graph", add_help=False)
    commands.add_parser("docs", help="write the documents that are made from data", add_help=False)
    commands.add_parser("screenshots", help="write the portal's pictures in docs/", add_help=False)
    commands.add_parser("down", help="end whatever a crash left behind", add_help=False)
    commands.add_parser("setup", help="install everything, nothing else")
    commands.add_parser("check", help="lint, types, layers, documents, the deployment, the portal, the clients")
    commands.add_parser("clients", help="the API's packages for Python and TypeScript, in clients/dist")
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


# Commands


def become(module: str, arguments: Sequence[str]) -> int:
    """Replaces this process by a module of the stack, so that signals reach it directly."""
    sys.stdout.flush()
    os.chdir(ROOT)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # devstack.launch takes it up: Python's own start cannot
    os.execve(PYTHON, [str(PYTHON), "-m", "devstack.launch", module, *arguments], stack_environment())


def stack_environment() -> dict[str, str]:
    """The caller's environment, with the project importable and kept compiled, and a C library that gives memory back.

    Containers often have Python write no bytecode; to compile the project takes a third of each process's start.
    """
    own = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": ""}
    return {**LEAN_MEMORY, **os.environ, **own}


def test(arguments: Sequence[str], *, is_full: bool) -> int:
    """pytest, with its own exit code; when everything is tested, what mostly waits goes on beside the rest."""
    marker = ["-m", "not accessibility" if is_full else "not slow and not accessibility"]
    if arguments:
        return run("pytest", *marker, *arguments)
    with ExitStack() as stack:
        outputs = {path: stack.enter_context(tempfile.TemporaryFile()) for path in BESIDE}
        beside = {path: stack.enter_context(begin_beside(path, output, marker)) for path, output in outputs.items()}
        codes = [run("pytest", *marker, *(f"--ignore={path}" for path in BESIDE))]
        for path, process in beside.items():
            codes.append(process.wait())
            announce("pytest", path, "(beside it)")
            outputs[path].seek(0)
            sys.stdout.buffer.write(outputs[path].read())
    return next(filter(None, codes), 0)


def begin_beside(path: str, output: BinaryIO, marker: Sequence[str]) -> subprocess.Popen[bytes]:
    """A pytest of its own for a folder, with a cache of its own; what it prints is shown when all is done."""
    return begin(output, "pytest", *marker, "-o", f"cache_dir=.pytest_cache/{Path(path).name}", path)


def check() -> int:
    """Every check, also after one has failed; 0 when all are clean."""
    problems = [
        run("ruff", "format", "--check", "."),
        run("ruff", "check", "."),
        run("mypy", *TYPED),
        run("lint-imports", "--no-logo"),
        run("python", "-m", "devstack.docs", "--check"),
        run("python", "-m", "devstack.infra"),
        check_readme(),
        check_merges(),
        check_npm(PORTAL),
        check_npm(CLIENTS / "typescript"),
        run("python", "-m", "devstack.portal_size"),
        run("pytest", "-m", "accessibility", BROWSER_TESTS),
    ]
    print("check: clean" if not any(problems) else "check: see above", file=sys.stderr)
    return int(any(problems))


def check_readme() -> int:
    """README must stay short enough to be read."""
    lines = len((ROOT / "README.md").read_text().splitlines())
    return fail(f"README.md has {lines} lines, {README_LINES} are allowed") if lines > README_LINES else 0


def check_merges() -> int:
    """No file in git may hold the marks of a merge that was left half done."""
    command = ["git", "grep", "-I", "--line-number", "-E", "^(<{7}|>{7}) "]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return fail(f"marks of a merge are left:\n{found}") if found else 0


def check_npm(directory: Path) -> int:
    """A package's own checks: types, lint, unit tests."""
    announce("npm", "run", "check", "--prefix", str(directory.relative_to(ROOT)))
    return subprocess.run(
        npm("run", "--silent", "check"), cwd=directory, env=node_environment(), check=False
    ).returncode


def clients() -> int:
    """Shows the packages, which the set-up has made."""
    for path in sorted((CLIENTS / "dist").iterdir()):
        print(path.relative_to(ROOT))
    return 0


def run(tool: str, *arguments: str) -> int:
    """A tool of the virtual environment, its command line shown first."""
    announce(tool, *arguments)
    with begin(None, tool, *arguments) as process:
        return process.wait()


def begin(output: BinaryIO | None, tool: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A tool of the virtual environment, not waited for."""
    command = [str(PYTHON.with_name(tool)), *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=stack_environment(), stdout=output, stderr=output)


def announce(*words: str) -> None:
    """Shows a command line."""
    print(f"$ {' '.join(words)}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(until_interrupted(sys.argv[1:]))
