"""Facts of Microsoft's metadata about the paths the simulator serves: options, properties, permissions."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

_PATH: Final = Path(__file__).with_name("facts.json")
_PLACEHOLDER: Final = re.compile(r"\\\{(\w+)\\\}")


@dataclass(frozen=True, slots=True)
class PathFacts:
    """What Graph's metadata says of one path: `permissions` are those of GET, `writes` those of other methods."""

    template: str
    pattern: re.Pattern[str]
    entity: str | None
    max_top: int | None
    options: frozenset[str]
    permissions: frozenset[str]
    writes: Mapping[str, frozenset[str]]

    def permissions_of(self, method: str) -> frozenset[str] | None:
        """The permissions of which one is enough; None for a method the path does not have."""
        return self.permissions if method == "GET" else self.writes.get(method)


@dataclass(frozen=True, slots=True)
class Facts:
    """All paths, the properties by entity, the ids of application permissions, enumerations, directory roles by id."""

    paths: tuple[PathFacts, ...]
    properties: dict[str, frozenset[str]]
    permission_ids: dict[str, str]
    enums: dict[str, frozenset[str]]
    built_in_roles: dict[str, str]

    def match(self, path: str) -> tuple[PathFacts, dict[str, str]] | None:
        """The facts of a path below v1.0 and the values in it; segments compare without regard to case."""
        for facts in self.paths:
            found = facts.pattern.fullmatch(path)
            if found:
                return facts, found.groupdict()
        return None


@cache
def load_facts() -> Facts:
    """The facts, read once."""
    document: dict[str, Any] = json.loads(_PATH.read_text())
    paths = tuple(_path_facts(template, item) for template, item in document["paths"].items())
    properties = {entity: frozenset(names) for entity, names in document["entities"].items()}
    enums = {name: frozenset(values) for name, values in document["enums"].items()}
    return Facts(paths, properties, document["permissions"], enums, document["builtInRoles"])


def _path_facts(template: str, item: dict[str, Any]) -> PathFacts:
    pattern = re.compile(_PLACEHOLDER.sub(r"(?P<\1>[^/']+)", re.escape(template)), re.IGNORECASE)
    writes = {method: frozenset(names) for method, names in item.get("writes", {}).items()}
    options, permissions = frozenset(item["options"]), frozenset(item["permissions"])
    return PathFacts(template, pattern, item["entity"], item["maxTop"], options, permissions, writes)
