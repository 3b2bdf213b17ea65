"""How much script one page of the portal may make a browser fetch, shared and lazy parts included; more fails."""

import gzip
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

DIST: Final = Path(__file__).resolve().parent.parent / "portal" / "dist"
BUDGET_BYTES: Final = 150_000
_NAME: Final = r"""["'`](\.{0,2}/[\w./-]+\.js)["'`]"""
_REFERENCE: Final = re.compile(rf"(import\()?{_NAME}")


def main(dist: Path = DIST, budget_bytes: int = BUDGET_BYTES) -> int:
    """1 when a page weighs more than the budget, or there is no script at all; prints all pages, heaviest first."""
    pages = measure(dist)
    for name, size in sorted(pages.items(), key=lambda item: -item[1]):
        print(f"{size / 1000:8.1f} KB  {name}")
    heaviest = max(pages.values(), default=0)
    print(f"{heaviest / 1000:8.1f} KB  of scripts at most, compressed; {budget_bytes / 1000:.0f} KB are allowed")
    return int(not 0 < heaviest <= budget_bytes)


def measure(dist: Path) -> Mapping[str, int]:
    """Compressed bytes a browser fetches for each page: all of what index.html needs, and what is loaded for it."""
    start, lazy = _closure(dist, dist / "index.html")
    if not lazy:
        return {"index.html": _weight(start)} if start else {}
    return {script.name: _weight(start | {script} | _closure(dist, script)[0]) for script in lazy}


def _closure(dist: Path, file: Path) -> tuple[set[Path], set[Path]]:
    """The scripts a file cannot do without, and those that they load when they are wanted."""
    found: set[Path] = set()
    lazy: set[Path] = set()
    waiting = {file}
    while waiting:
        needed, later = _references(dist, waiting.pop())
        waiting |= needed - found
        found |= needed
        lazy |= later
    return found, lazy


def _references(dist: Path, file: Path) -> tuple[set[Path], set[Path]]:
    """Scripts a file names, by a path of the site or one relative to itself: needed at once, and loaded later."""
    at_once: set[Path] = set()
    later: set[Path] = set()
    for is_lazy, name in _REFERENCE.findall(file.read_text(encoding="utf-8")):
        script = (dist / name[1:] if name.startswith("/") else file.parent / name).resolve()
        if script.is_file():
            (later if is_lazy else at_once).add(script)
    return at_once, later


def _weight(scripts: set[Path]) -> int:
    return sum(len(gzip.compress(script.read_bytes(), 9, mtime=0)) for script in scripts)


if __name__ == "__main__":
    sys.exit(main())
