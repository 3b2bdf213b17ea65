"""Bicep as far as the checks need it: what a file declares, and literals as Python values."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

_PARSER: Final = Parser(Language(tree_sitter_bicep.language()))
_EXTENSION: Final = re.compile(rb"^extension \w+$", re.MULTILINE)
_KINDS: Final = {
    "parameter_declaration": "param",
    "variable_declaration": "var",
    "resource_declaration": "resource",
    "module_declaration": "module",
    "output_declaration": "output",
}


class Expression(str):
    """The source of what is not a literal, its spaces made even."""

    __slots__ = ()

    def __new__(cls, source: str) -> Self:
        return super().__new__(cls, " ".join(source.split()))


@dataclass(frozen=True, slots=True)
class Declaration:
    """One param, var, resource, module or output; `target` is the type, `Type@version` or the module's path."""

    kind: str
    name: str
    target: str
    node: Node
    value: Node | None
    decorators: Mapping[str, Node] = field(default_factory=dict)

    @property
    def line(self) -> int:
        return self.node.start_point.row + 1

    @property
    def is_conditional(self) -> bool:
        return self.value is not None and self.value.type == "if_statement"

    @property
    def body(self) -> dict[str, object]:
        """What a resource or module is given, whether it is conditional, repeated or neither."""
        node = self.value
        while node is not None and node.type in ("if_statement", "for_statement"):
            node = node.named_children[-1]
        found = literal(node) if node is not None else None
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed file."""

    path: Path
    root: Node
    declarations: tuple[Declaration, ...]
    nodes: tuple[Node, ...]
    """Everything that has a name in the grammar, in the order of the source."""

    def of(self, kind: str) -> dict[str, Declaration]:
        return {item.name: item for item in self.declarations if item.kind == kind}

    def settled(self, value: object) -> object:
        """A name of a variable replaced by its value."""
        variable = self.of("var").get(value) if isinstance(value, Expression) else None
        return literal(variable.value) if variable and variable.value else value


def parse(path: Path) -> Template:
    """What can be understood; `errors` of the tree says where it cannot."""
    # the grammar has no `extension`; a comment as long keeps the places right
    source = _EXTENSION.sub(lambda found: b"//".ljust(len(found[0])), path.read_bytes())
    root = _PARSER.parse(source).root_node
    return Template(path, root, tuple(_declarations(root)), tuple(walk(root)))


def errors(template: Template) -> Iterator[Node]:
    """Where the grammar ends."""
    return _errors(template.root) if template.root.has_error else iter(())


def _errors(node: Node) -> Iterator[Node]:
    if node.is_error or node.is_missing:
        yield node
    for child in node.children:  # what is missing may be a sign, which has no name
        yield from _errors(child)


def walk(node: Node) -> Iterator[Node]:
    """A node and everything in it that has a name in the grammar, in the order of the source."""
    pending = [node]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.named_children))


def text(node: Node | None) -> str:
    """The source of a node."""
    return node.text.decode() if node is not None and node.text else ""


def _declarations(root: Node) -> Iterator[Declaration]:
    decorators: dict[str, Node] = {}
    for node in root.named_children:
        if node.type == "decorators":
            decorators = {text(item.named_children[0].named_children[0]): item for item in node.named_children}
        elif node.type in _KINDS:
            yield _declaration(node, decorators)
            decorators = {}


def _declaration(node: Node, decorators: Mapping[str, Node]) -> Declaration:
    kind, (name, *rest) = _KINDS[node.type], node.named_children
    target = "" if kind == "var" else text(rest.pop(0)).strip("'")
    return Declaration(kind, text(name), target, node, rest[-1] if rest else None, decorators)


def literal(node: Node) -> object:
    """dict, list, str, int, bool or None; an Expression for everything that is worked out later."""
    match node.type:
        case "object":
            pairs = (item.named_children for item in node.named_children if item.type == "object_property")
            return {text(key).strip("'"): literal(value) for key, value in pairs}
        case "array":
            return [literal(item) for item in node.named_children if item.type != "comment"]
        case "string" if not any(item.type == "interpolation" for item in node.named_children):
            return text(node).strip("'")
        case "number":
            return int(text(node))
        case "boolean":
            return text(node) == "true"
        case "null":
            return None
    return Expression(text(node))


def at(value: object, path: str) -> object:
    """What is at `a.b.0.c`; None when nothing is."""
    for key in path.split("."):
        if isinstance(value, list) and key.isdecimal():
            value = value[int(key)] if int(key) < len(value) else None
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value
