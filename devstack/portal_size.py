"""How much script the portal's page may make a browser fetch, lazy parts included; more than the budget fails."""

import gzip
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

DIST: Final = Path(__file__).resolve().parent.parent / "portal" / "dist"
BUDGET_BYTES: Final = 150_000
_REFERENCE: Final = re.compile(r"""["'`](\.{0,2}/[\w./-]+\.js)["'`]""")


def main(dist: Path = DIST, budget_bytes: int = BUDGET_BYTES) -> int:
    """1 when the scripts of index.html weigh more than the budget, or there are none; prints them, heaviest first."""
    sizes = measure(dist)
    total = sum(sizes.values())
    for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
        print(f"{size / 1000:8.1f} KB  {name}")
    print(f"{total / 1000:8.1f} KB  of scripts, compressed; {budget_bytes / 1000:.0f} KB are allowed")
    return int(not 0 < total <= budget_bytes)


def measure(dist: Path) -> Mapping[str, int]:
    """Compressed bytes of each script that index.html leads to, by static and dynamic imports alike."""
    sizes: dict[str, int] = {}
    waiting = _references(dist, dist / "index.html")
    while waiting:
        script = waiting.pop()
        if script.name not in sizes:
            sizes[script.name] = len(gzip.compress(script.read_bytes(), 9, mtime=0))
            waiting |= _references(dist, script)
    return sizes


def _references(dist: Path, file: Path) -> set[Path]:
    """Scripts a file names, by a path of the site or one relative to itself."""
    found = _REFERENCE.findall(file.read_text(encoding="utf-8"))
    paths = {dist / name[1:] if name.startswith("/") else file.parent / name for name in found}
    return {path.resolve() for path in paths if path.is_file()}


if __name__ == "__main__":
    sys.exit(main())
