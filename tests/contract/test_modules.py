"""No module of the app or its development stack is longer than people read in one go."""

from pathlib import Path

from devstack.setup import ROOT

LONGEST = 299


def modules() -> list[Path]:
    """Python modules of every package at the root, tests left out."""
    packages = [path.parent for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests"]
    return [path for package in packages for path in package.rglob("*.py")]


def test_every_module_is_short():
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules()}
    assert {"tenantsync/engine.py", "tenantsync/store/runs.py", "devstack/stack.py"} <= lines.keys()
    assert {path: number for path, number in lines.items() if number > LONGEST} == {}
