"""host.json and the process's environment: the few settings that change how this host behaves."""

import json
import os
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from devstack.host.versions import Versioning

_TIME_SPAN: Final = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})")
_DEFAULT_TIMEOUT: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class HostConfig:
    """What host.json says; `threads` run HTTP functions and orchestrators, activities have their own."""

    route_prefix: str = "api"
    hub_name: str = "TestHubName"
    function_timeout: timedelta = _DEFAULT_TIMEOUT
    max_activities: int = 10
    max_orchestrators: int = 5
    threads: int = 8
    replays_twice: bool = False
    portal_config: Path | None = None
    """What is served as the portal's /config.json."""
    versioning: Versioning = field(default_factory=Versioning)


def read_config(app_directory: Path) -> HostConfig:
    """Reads host.json; raises ValueError naming the file when it cannot be understood."""
    path = app_directory / "host.json"
    try:
        document: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from error
    extensions = document.get("extensions", {})
    durable = extensions.get("durableTask", {})
    cpus = os.cpu_count() or 1
    return HostConfig(
        route_prefix=extensions.get("http", {}).get("routePrefix", "api"),
        hub_name=durable.get("hubName", "TestHubName"),
        function_timeout=_parse_timeout(document.get("functionTimeout")),
        max_activities=durable.get("maxConcurrentActivityFunctions", 10 * cpus),
        max_orchestrators=durable.get("maxConcurrentOrchestratorFunctions", 10 * cpus),
        threads=int(os.environ.get("PYTHON_THREADPOOL_THREAD_COUNT") or min(32, cpus + 4)),
        versioning=Versioning.from_json(durable),
        portal_config=_portal_config(),
        replays_twice=os.environ.get("DEVSTACK_REPLAY_TWICE") == "1",
    )


def _portal_config() -> Path | None:
    named = os.environ.get("DEVSTACK_PORTAL_CONFIG")
    return Path(named) if named else None


def _parse_timeout(text: str | None) -> timedelta:
    span = _TIME_SPAN.fullmatch(text or "")
    if span is None:
        return _DEFAULT_TIMEOUT
    days, hours, minutes, seconds = (int(part or 0) for part in span.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def apply_local_settings(app_directory: Path) -> None:
    """Values of local.settings.json are defaults for the environment, as Core Tools has it."""
    path = app_directory / "local.settings.json"
    if path.exists():
        for name, value in json.loads(path.read_text()).get("Values", {}).items():
            os.environ.setdefault(name, str(value))
