"""`python -m devstack.infra`: what is wrong with infra/, a line each; 1 when something is."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from devstack.infra.alerts import check_alerts
from devstack.infra.azd import check_azd
from devstack.infra.bicep import parse
from devstack.infra.names import check_names
from devstack.infra.policy import check_policies
from devstack.infra.project import check_project
from devstack.infra.types import check_types

ROOT: Final = Path(__file__).resolve().parents[2]


def complaints(root: Path) -> Iterator[str]:
    """`path:line: what is wrong`, for the templates of a project at `root`."""
    templates = {path: parse(path) for path in sorted((root / "infra").rglob("*.bicep"))}
    checks = (
        *(check_names(templates), check_types(templates), check_policies(templates)),
        *(check_azd(root, templates), check_alerts(root / "infra", templates), check_project(root, templates)),
    )
    for check in checks:
        for path, line, said in check:
            place = path.relative_to(root).as_posix()
            yield f"{place}:{line}: {said}" if line else f"{place}: {said}"


def main() -> int:
    """Prints what is wrong."""
    found = list(complaints(ROOT))
    for line in found:
        print(line)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
