"""Types of resources, as far as the templates use them: versions, names of properties, what must be there."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tree_sitter import Node

from devstack.infra.bicep import Declaration, Template, text

_TYPES: Final[Mapping[str, Mapping[str, str]]] = tomllib.loads(
    Path(__file__).with_name("resource_types.toml").read_text(encoding="utf-8")
)
_ALWAYS: Final = frozenset({"id", "name"})
"""Every resource has these to be read."""


def check_types(templates: Mapping[Path, Template]) -> Iterator[tuple[Path, int, str]]:
    """Path, line and complaint for every resource that is not as its type is used here."""
    for path, template in templates.items():
        for resource in template.of("resource").values():
            yield from ((path, resource.line, f"{resource.name}: {said}") for said in _check(template, resource))
        yield from ((path, line, said) for line, said in _check_reads(template))


def _check(template: Template, resource: Declaration) -> Iterator[str]:
    kind, _, version = resource.target.partition("@")
    known = _TYPES.get(kind, {})
    if known.get("version") != version:
        yield f"{kind}@{version} is not among the known API versions ({known.get('version')})"
    must, may = known.get("must", "").split(), known.get("may", "").split()
    given = set(_leaves(template, resource.body))
    for name in sorted(given):
        if not any(_fits(name, pattern) for pattern in (*must, *may)):
            yield f"{kind} is not known to have {name}"
    for pattern in must:
        if not any(_fits(name, pattern) for name in given):
            yield f"{pattern} is missing"


def _leaves(template: Template, value: object, path: str = "") -> Iterator[str]:
    """The paths of all values, `a.b.[].c`; variables stand for what they are."""
    value = template.settled(value)
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _leaves(template, item, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and any(isinstance(template.settled(item), dict) for item in value):
        for item in value:
            yield from _leaves(template, item, f"{path}.[]")
    else:
        yield path


def _fits(path: str, pattern: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".+"), path) is not None


# What is read of a resource that is made


def _check_reads(template: Template) -> Iterator[tuple[int, str]]:
    resources = template.of("resource")
    for node in template.nodes:
        if node.type != "member_expression" or _is_inner(node):
            continue
        owner, _, path = text(node).partition(".")
        if owner not in resources:
            continue
        kind = resources[owner].target.partition("@")[0]
        if path not in _ALWAYS | set(_TYPES.get(kind, {}).get("reads", "").split()):
            yield node.start_point.row + 1, f"{kind} is not known to have {path} to be read"


def _is_inner(node: Node) -> bool:
    """Whether a longer path begins with this one."""
    return node.parent is not None and node.parent.type == "member_expression"
