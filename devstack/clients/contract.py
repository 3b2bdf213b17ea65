"""openapi.yaml as a client sees it: operations with what they take and give."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
CONTRACT: Final = ROOT / "openapi.yaml"
_FIRST_REDIRECT: Final = 300
_METHODS: Final = frozenset({"get", "put", "post", "patch", "delete"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter; `place` is path, query or header."""

    name: str
    place: str
    schema: Mapping[str, Any]
    is_required: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """A method and a path. `answers` are the schemas of success, without the empty answers."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    body: Mapping[str, Any] | None
    answers: tuple[Mapping[str, Any], ...]
    is_page: bool
    """Only ever answers with a redirect."""


def read_operations(contract: Path = CONTRACT) -> list[Operation]:
    """Every operation, in the document's order."""
    document: dict[str, Any] = yaml.safe_load(contract.read_text(encoding="utf-8"))
    return [
        _operation(document, method, path, {**item, "parameters": _parameters(shared, item)})
        for path, shared in document["paths"].items()
        for method, item in shared.items()
        if method in _METHODS
    ]


def _parameters(*holders: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A path's, which all its operations have, and an operation's own."""
    return [entry for holder in holders for entry in holder.get("parameters", ())]


def _operation(document: Mapping[str, Any], method: str, path: str, item: Mapping[str, Any]) -> Operation:
    successes = {status: _resolved(document, answer) for status, answer in item["responses"].items() if status < "400"}
    return Operation(
        id=item["operationId"],
        method=method.upper(),
        path=path,
        summary=item["summary"],
        description=item["description"],
        parameters=tuple(_parameter(_resolved(document, entry)) for entry in item["parameters"]),
        body=next(_schemas(item["requestBody"])) if "requestBody" in item else None,
        answers=_without_twins(schema for answer in successes.values() for schema in _schemas(answer)),
        is_page=all(int(status) >= _FIRST_REDIRECT for status in successes),
    )


def _parameter(entry: Mapping[str, Any]) -> Parameter:
    return Parameter(entry["name"], entry["in"], entry["schema"], bool(entry.get("required")))


def _schemas(holder: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (media["schema"] for media in holder.get("content", {}).values())


def _without_twins(schemas: Iterator[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    return tuple({str(schema): schema for schema in schemas}.values())


def _resolved(document: Mapping[str, Any], entry: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in entry:
        return entry
    found: Any = document
    for step in entry["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)
