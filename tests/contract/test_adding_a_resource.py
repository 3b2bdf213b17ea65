"""docs/adding-a-resource.md, done to a copy of the tree: one file, one line, one fixture."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/adding-a-resource.md").read_text()
COPIED = ("tenantsync", "activities", "callback", "connect", "devstack", "tests", "pyproject.toml")


def block(language: str) -> str:
    """The guide's code block, without its indentation in the list."""
    found = re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    return re.sub(r"^ {3}", "", found[1], flags=re.MULTILINE)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the guide's three changes."""
    root = tmp_path_factory.mktemp("tree")
    for name in COPIED:
        source = ROOT / name
        ignored = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(source, root / name, ignore=ignored) if source.is_dir() else shutil.copy(source, root / name)
    (root / "tenantsync/resources/domains.py").write_text(block("python"))
    (root / "tests/fixtures/graph/domains.json").write_text(block("json"))
    registry = root / "tenantsync/resources/registry.py"
    text = registry.read_text().replace("    SECURE_SCORE,\n)", "    SECURE_SCORE,\n    DOMAINS,\n)")
    registry.write_text(
        text.replace(
            "from tenantsync.resources.devices",
            "from tenantsync.resources.domains import DOMAINS\nfrom tenantsync.resources.devices",
        )
    )
    return root


def test_one_file_one_line_and_one_fixture_are_enough(tree: Path):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-k",
        "domains",
        "tests/contract/test_resources.py",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= 8
