"""Facts of Microsoft's metadata about the paths the simulator serves: options, properties, permissions."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

_PATH: Final = Path(__file__).with_name("facts.json")
_PLACEHOLDER: Final = re.compile(r"\\\{(\w+)\\\}")


@dataclass(frozen=True, slots=True)
class PathFacts:
    """What Graph's metadata says of one GET path."""

    template: str
    pattern: re.Pattern[str]
    entity: str | None
    max_top: int | None
    options: frozenset[str]
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Facts:
    """All paths, the selectable properties by entity, and the ids of the application permissions."""

    paths: tuple[PathFacts, ...]
    properties: dict[str, frozenset[str]]
    permission_ids: dict[str, str]

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
    return Facts(paths, properties, document["permissions"])


def _path_facts(template: str, item: dict[str, Any]) -> PathFacts:
    pattern = re.compile(_PLACEHOLDER.sub(r"(?P<\1>[^/']+)", re.escape(template)), re.IGNORECASE)
    return PathFacts(
        template, pattern, item["entity"], item["maxTop"], frozenset(item["options"]), frozenset(item["permissions"])
    )
