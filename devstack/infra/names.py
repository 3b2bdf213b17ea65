"""Names: each is declared once, declared at all and used; modules get what they ask for and give what is read."""

import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

from tree_sitter import Node

from devstack.infra.bicep import Declaration, Expression, Template, at, errors, literal, text, walk

_FUNCTIONS: Final = frozenset(
    {
        *(
            "concat",
            "contains",
            "empty",
            "environment",
            "guid",
            "items",
            "length",
            "loadJsonContent",
            "loadTextContent",
        ),
        *("map", "resourceId", "string", "subscription", "subscriptionResourceId", "tenant", "toLower", "union"),
        "uniqueString",
    }
)
_OUTPUT: Final = re.compile(r"\w+\.outputs\.(\w+)")
_LITERAL_TYPES: Final = {"string": str, "int": int, "bool": bool, "array": list, "object": dict}


def check_names(templates: Mapping[Path, Template]) -> Iterator[tuple[Path, int, str]]:
    """Path, line and complaint for everything that is wrong with names."""
    for path, template in templates.items():
        for line, complaint in _check_template(template, templates):
            yield path, line, complaint


def _check_template(template: Template, templates: Mapping[Path, Template]) -> Iterator[tuple[int, str]]:
    for node in errors(template):
        yield node.start_point.row + 1, f"cannot be read from {text(node)[:40]!r} on"
    used = dict(reversed([*_references(template.root, frozenset())]))
    declared = {item.name for item in template.declarations if item.kind != "output"}
    for name, line in used.items():
        if name not in declared:
            yield line, f"{name} is not declared"
    yield from _check_declarations(template, used)
    yield from _check_order(template)
    for name, line in _calls(template):
        if name not in _FUNCTIONS:
            yield line, f"{name}() is not among the functions these templates use"
    for module in template.of("module").values():
        yield from _check_module(template, module, templates)


def _check_declarations(template: Template, used: Mapping[str, int]) -> Iterator[tuple[int, str]]:
    seen: set[tuple[bool, str]] = set()
    for item in template.declarations:
        key = (item.kind == "output", item.name)
        if key in seen:
            yield item.line, f"{item.name} is declared twice"
        seen.add(key)
        if item.kind in ("param", "var") and item.name not in used:
            yield item.line, f"{item.kind} {item.name} is never used"


def _check_order(template: Template) -> Iterator[tuple[int, str]]:
    made = {item.name: item for item in template.declarations if item.kind not in ("param", "output")}
    needs = {name: dict(_references(item.node, frozenset())).keys() & made.keys() for name, item in made.items()}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        yield made[circle[0]].line, f"these need each other: {', '.join(reversed(circle))}"


# References


def _references(node: Node, local: frozenset[str]) -> Iterator[tuple[str, int]]:
    if node.type == "identifier" and text(node) not in local:
        yield text(node), node.start_point.row + 1
    local |= _introduced(node)
    for child in _operands(node):
        yield from _references(child, local)


def _introduced(node: Node) -> frozenset[str]:
    """Names that a loop or a lambda gives to what is in it."""
    if node.type not in ("for_statement", "lambda_expression"):
        return frozenset()
    first = node.named_children[0]
    return frozenset(text(item) for item in (first.named_children or [first]))


def _operands(node: Node) -> list[Node]:
    """Children that may refer to something: no names of declarations, properties, functions, decorators, types."""
    children = node.named_children
    if node.type in ("decorators", "metadata_declaration", "type"):
        return []
    if node.type == "object_property":
        return children[1:] if children[0].type == "identifier" else children
    is_named = node.type.endswith("_declaration") or node.type in ("for_statement", "lambda_expression")
    return children[1:] if is_named or node.type == "call_expression" else children


def _calls(template: Template) -> Iterator[tuple[str, int]]:
    for declaration in template.declarations:
        for node in walk(declaration.node):
            if node.type == "call_expression":
                yield text(node.named_children[0]), node.start_point.row + 1


# Modules


def _check_module(
    template: Template, module: Declaration, templates: Mapping[Path, Template]
) -> Iterator[tuple[int, str]]:
    target = templates.get((template.path.parent / module.target).resolve())
    if target is None:
        yield module.line, f"module {module.name}: there is no {module.target}"
        return
    given, params = at(module.body, "params"), target.of("param")
    given = given if isinstance(given, dict) else {}
    for name, param in params.items():
        if name not in given and param.value is None:
            yield module.line, f"module {module.name} is not given {name}"
    for name, value in given.items():
        if name not in params:
            yield module.line, f"module {module.name} has no param {name}"
        elif _is_of_another_type(value, params[name].target):
            yield module.line, f"module {module.name}: {name} must be of type {params[name].target}"
        elif _is_of_another_name(name, value):
            yield module.line, f"module {module.name}: {name} is given {value}, which is named otherwise"
    yield from _check_outputs(template, module, target)


def _is_of_another_type(value: object, wanted: str) -> bool:
    return type(value) in _LITERAL_TYPES.values() and type(value) is not _LITERAL_TYPES.get(wanted)


def _is_of_another_name(param: str, value: object) -> bool:
    """A param ends with the name of the output it is given, so that no two are mixed up."""
    found = _OUTPUT.fullmatch(value) if isinstance(value, Expression) else None
    return found is not None and not param.lower().endswith(found[1].lower())


def _check_outputs(template: Template, module: Declaration, target: Template) -> Iterator[tuple[int, str]]:
    for node in template.nodes:
        if (
            node.type != "member_expression"
            or text(node.named_children[0]).replace("!", "") != f"{module.name}.outputs"
        ):
            continue
        line, name = node.start_point.row + 1, text(node.named_children[-1])
        if name not in target.of("output"):
            yield line, f"module {module.name} has no output {name}"
        if module.is_conditional and not _is_guarded(node):
            yield line, f"{name} of {module.name} is read even when {module.name} is not made"


def _is_guarded(node: Node) -> bool:
    above = node.parent
    while above is not None:
        if above.type in ("ternary_expression", "if_statement"):
            return True
        above = above.parent
    return False


def load(template: Template, function: str) -> Iterator[str]:
    """Paths that `loadTextContent` or `loadJsonContent` reads, relative to the file."""
    for node in template.nodes:
        if node.type == "call_expression" and text(node.named_children[0]) == function:
            yield str(literal(node.named_children[1].named_children[0]))
