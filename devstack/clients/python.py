"""The Python client's methods, one for each operation; its models come from datamodel-code-generator."""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from keyword import iskeyword
from typing import Any, Final

from devstack.clients.contract import Operation, Parameter

_WIDTH: Final = 112
_TAKEN: Final = frozenset({"self", "body"})
_PLAIN: Final = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "object": "dict[str, Any]",
}


class ContractError(Exception):
    """The contract has what no method can be made of; the text says what to change there."""


def operations_module(operations: Sequence[Operation]) -> Iterator[str]:
    """Lines of a class that has every operation as a method; raises ContractError for what it cannot have."""
    yield '"""Every operation of the contract. Generated; do not edit."""'
    yield ""
    yield "from typing import Any, Literal"
    yield ""
    yield "from opspilot365_connect import models"
    yield "from opspilot365_connect.transport import Transport"
    yield ""
    yield ""
    yield "class Operations(Transport):"
    yield '    """The API, a method for each operation."""'
    for operation in operations:
        yield ""
        yield from _method(operation)


def _method(operation: Operation) -> Iterator[str]:
    try:
        gives, takes = _type_of_answer(operation), list(_signature(operation))
    except ContractError as error:
        raise ContractError(f"{operation.id}: {error}") from error
    yield f"    def {operation.id}({', '.join(takes)}) -> {gives}:"
    yield from _docstring(operation)
    call = f"self.call({', '.join(_call(operation))})"
    yield f"        {call}" if gives == "None" else f"        answer: {gives} = {call}"
    if gives != "None":
        yield "        return answer"


def _signature(operation: Operation) -> Iterator[str]:
    yield "self"
    yield from (f"{_snake(part.name)}: str" for part in _at(operation, "path"))
    if operation.body is not None:
        yield f"body: {_type_of(operation.body)}"
    named = [*_at(operation, "query"), *_at(operation, "header")]
    if named:
        yield "*"
    for parameter in sorted(named, key=lambda item: not item.is_required):
        kind = _type_of(parameter.schema)
        yield f"{_snake(parameter.name)}: {kind}" + ("" if parameter.is_required else " | None = None")


def _docstring(operation: Operation) -> Iterator[str]:
    description = operation.description.replace("\\", r"\\").replace('"', "'")
    yield f'        """{operation.summary}.'
    yield ""
    yield from textwrap.wrap(description, _WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8)
    yield '        """'


def _call(operation: Operation) -> Iterator[str]:
    yield f'"{operation.method}", "{operation.path}"'
    for place, name in (("path", "parts"), ("query", "query"), ("header", "headers")):
        if found := _at(operation, place):
            entries = ", ".join(f'"{item.name}": {_snake(item.name)}' for item in found)
            yield f"{name}={{{entries}}}"
    if operation.body is not None:
        yield "body=body"


def _type_of_answer(operation: Operation) -> str:
    if operation.is_page:
        return "str"
    return " | ".join(map(_type_of, operation.answers)) or "None"


def _type_of(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return f"models.{schema['$ref'].rpartition('/')[2]}"
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    if "properties" in schema:
        raise ContractError(f"give the schema with {', '.join(schema['properties'])} a name in components")
    if schema.get("type") == "array":
        return f"list[{_type_of(schema['items'])}]"
    kind = schema.get("type")
    if not isinstance(kind, str) or kind not in _PLAIN:
        raise ContractError(f"give the schema {dict(schema)} a name in components")
    return _PLAIN[kind]


def _at(operation: Operation, place: str) -> list[Parameter]:
    return [item for item in operation.parameters if item.place == place]


def _snake(name: str) -> str:
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).replace("-", "_").lower()
    return f"{snake}_" if iskeyword(snake) or snake in _TAKEN else snake
