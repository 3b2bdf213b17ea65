"""What is deployed: the files in git that .funcignore leaves in, as a folder, or as a zip that is the same each time.

`python3 -m devstack.package app.zip` writes the zip. Standard library only.
"""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the zip: the earliest one a zip can hold."""


def main(arguments: Sequence[str]) -> int:
    """0 when the zip was written, 2 for a wrong call."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    write_zip(Path(arguments[0]))
    return 0


def app_files() -> list[Path]:
    """Paths below the project's folder, in order; raises CalledProcessError outside a checkout."""
    return sorted(_listed() - _listed("--ignored", "--exclude-from=.funcignore"))


def _listed(*options: str) -> set[Path]:
    command = ["git", "ls-files", "-z", "--cached", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {Path(name) for name in done.stdout.split("\0") if name}


def copy_app(directory: Path) -> None:
    """The app's files in a folder of their own."""
    for path in app_files():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, directory / path)


def write_zip(target: Path) -> None:
    """The app's files, with the same bytes for the same files."""
    with zipfile.ZipFile(target, "w") as archive:
        for path in app_files():
            entry = zipfile.ZipInfo(path.as_posix(), _EARLIEST)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, (ROOT / path).read_bytes(), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
