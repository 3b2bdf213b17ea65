"""Which of Microsoft's limits a request counts against: it throttles an app by tenant and workload, not by URL."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

DIRECTORY: Final = "directory"
INTUNE: Final = "intune"
REPORTS: Final = "reports"
SECURITY: Final = "security"
_BY_SEGMENT: Final[Mapping[str, str]] = {"deviceManagement": INTUNE, "reports": REPORTS, "security": SECURITY}
_PARTS: Final = 2


def workload_of(target: str) -> str:
    """The workload of a path below v1.0, or of a whole address of Graph's."""
    segments = urlsplit(target).path.strip("/").split("/")[:_PARTS]
    return next((_BY_SEGMENT[segment] for segment in segments if segment in _BY_SEGMENT), DIRECTORY)
