"""Whether a tag may be released, and what the changelog says of it: `python3 -m devstack.release --check-tag v0.1.0`.

Tag, version and changelog must agree, and the package must be kept for the tests of the next release.

Standard library only.
"""

import argparse
import re
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from devstack.package import write_zip

ROOT: Final = Path(__file__).resolve().parent.parent


class ReleaseError(Exception):
    """The tag must not be released; the text says why."""


def main(arguments: Sequence[str]) -> int:
    """0 when the tag may be released, 1 when not."""
    parser = argparse.ArgumentParser(prog="python3 -m devstack.release", description=__doc__)
    parser.add_argument("--check-tag", required=True, metavar="TAG", help="the tag, such as v0.1.0")
    parser.add_argument("--notes", type=Path, metavar="FILE", help="write the changelog's section here")
    options = parser.parse_args(arguments)
    try:
        notes = find_notes(options.check_tag, read_version(), (ROOT / "CHANGELOG.md").read_text())
        check_kept(ROOT / "tests/releases" / read_version() / "app.zip")
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    if options.notes:
        options.notes.write_text(notes)
    return 0


def check_kept(kept: Path) -> None:
    """Raises ReleaseError unless this zip has what is packaged now."""
    with tempfile.TemporaryDirectory() as directory:
        packaged = Path(directory) / "app.zip"
        write_zip(packaged)
        if not kept.exists() or _contents(kept) != _contents(packaged):
            raise ReleaseError("tests/releases has another package: python3 -m tests.releases.keep, commit, tag again.")


def _contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def read_version() -> str:
    """The version pyproject.toml names."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def find_notes(tag: str, version: str, changelog: str) -> str:
    """The changelog's section of a version; raises ReleaseError where tag, version and a dated section do not agree."""
    if tag != f"v{version}":
        raise ReleaseError(f"The tag is {tag}, pyproject.toml says {version}.")
    section = rf"^## \[{re.escape(version)}\] - \d{{4}}-\d{{2}}-\d{{2}}\n(.*?)(?=^## |\Z)"
    found = re.search(section, changelog, re.MULTILINE | re.DOTALL)
    if found is None:
        raise ReleaseError(f"CHANGELOG.md has no section '## [{version}] - <date>'.")
    return found[1].strip() + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
