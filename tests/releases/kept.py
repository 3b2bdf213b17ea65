"""What every release leaves for the next ones, in a folder of its version: package, histories, rows.

`app.zip` is there of the newest release only: a release meets runs of the one before it, and of no other.
"""

import re
import zipfile
from pathlib import Path
from typing import Final

from devstack.package import ROOT

HERE: Final = Path(__file__).resolve().parent
PACKAGE: Final = "app.zip"
HISTORIES: Final = "histories"
ROWS: Final = "rows.json"
_DATED: Final = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", re.MULTILINE)


def released() -> list[str]:
    """The versions the changelog has a date for, the newest first."""
    return _DATED.findall((ROOT / "CHANGELOG.md").read_text())


def unpack(directory: Path, package: Path | None = None) -> Path:
    """The app of a release, by default the newest one's, in a folder of its own."""
    with zipfile.ZipFile(package or HERE / released()[0] / PACKAGE) as archive:
        archive.extractall(directory)
    return directory
