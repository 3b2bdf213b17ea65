"""Whether a tag is this version's, and what the changelog says of it: `python3 -m devstack.release --check-tag v0.1.0`.

Standard library only.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

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
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    if options.notes:
        options.notes.write_text(notes)
    return 0


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
