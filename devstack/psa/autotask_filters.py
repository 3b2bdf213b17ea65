"""Autotask's query bodies: filters with operators and groups, parsed as documented, refused otherwise."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from devstack.psa.front import Refusal, Row

Predicate = Callable[[Row], bool]

LARGEST_PAGE: Final = 500
_MOST_TERMS: Final = 500
_KEYS: Final = frozenset({"op", "field", "value", "udf", "items"})
_BODY_KEYS: Final = frozenset({"filter", "maxrecords", "includefields"})
_TEXT_OPERATORS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "beginswith": str.startswith,
    "endswith": str.endswith,
    "contains": lambda have, want: want in have,
}
_OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "eq": lambda have, want: have == want,
    "noteq": lambda have, want: have != want,
    "gt": lambda have, want: have is not None and have > want,
    "gte": lambda have, want: have is not None and have >= want,
    "lt": lambda have, want: have is not None and have < want,
    "lte": lambda have, want: have is not None and have <= want,
}


@dataclass(frozen=True, slots=True)
class Query:
    """What a body asks for; `names` are the wanted fields in the entity's own spelling, empty for all."""

    matches: Predicate
    size: int
    names: frozenset[str]


def refused(*texts: str) -> Refusal:
    """Autotask's answer to whatever it will not do: 500 and texts."""
    return Refusal(500, {"errors": list(texts)})


def parse_query(body: Any, fields: Mapping[str, str], entity: str) -> Query:
    """The query of a body; `fields` are the kinds (string, integer, boolean, datetime) by name. Raises Refusal."""
    if not isinstance(body, dict) or not set(map(str.lower, body)) <= _BODY_KEYS:
        raise refused("The query is not valid.")
    values = {name.lower(): value for name, value in body.items()}
    items = values.get("filter")
    if not isinstance(items, list) or not items:
        raise refused("The query needs a filter.")
    size = values.get("maxrecords", LARGEST_PAGE)
    if not isinstance(size, int) or not 1 <= size <= LARGEST_PAGE:
        raise refused(f"MaxRecords must be between 1 and {LARGEST_PAGE}.")
    parser = _Filters({name.lower(): name for name in fields}, fields, entity)
    wanted = parser.every(items)
    return Query(wanted, size, parser.names(values.get("includefields", [])))


class _Filters:
    """One body's filters; field names are matched without regard to case."""

    def __init__(self, spellings: Mapping[str, str], fields: Mapping[str, str], entity: str) -> None:
        self._spellings, self._fields, self._entity = spellings, fields, entity
        self._terms = self._custom = 0

    def names(self, wanted: Any) -> frozenset[str]:
        if not isinstance(wanted, list):
            raise refused("IncludeFields must be an array.")
        return frozenset(self._spelled(str(name)) for name in wanted)

    def every(self, items: list[Any]) -> Predicate:
        predicates = [self._item(item) for item in items]
        return lambda row: all(predicate(row) for predicate in predicates)

    def _item(self, item: Any) -> Predicate:
        if not isinstance(item, dict) or not set(item) <= _KEYS or "op" not in item:
            raise refused("A filter is an object with op, field and value, or op and items.")
        operator = str(item["op"]).lower()
        if operator not in ("and", "or"):
            return self._term(operator, item)
        inner = item.get("items")
        if not isinstance(inner, list) or not inner:
            raise refused(f"The group {operator} needs items.")
        if operator == "and":
            return self.every(inner)
        self._terms += len(inner)
        if self._terms > _MOST_TERMS:
            raise refused(f"A query may have {_MOST_TERMS} OR conditions.")
        predicates = [self._item(part) for part in inner]
        return lambda row: any(predicate(row) for predicate in predicates)

    def _term(self, operator: str, item: dict[str, Any]) -> Predicate:
        read, kind = self._reader(item)
        if operator in ("exist", "notexist"):
            return lambda row: (read(row) is not None) is (operator == "exist")
        if "value" not in item:
            raise refused(f"The operator {operator} needs a value.")
        if operator in ("in", "notin"):
            return _among(read, self._several(item["value"], kind), is_in=operator == "in")
        want = _value(item["value"], kind)
        if operator in _TEXT_OPERATORS and kind == "string":
            test = _TEXT_OPERATORS[operator]
            return lambda row: test(str(read(row) or ""), want)
        if operator not in _OPERATORS:
            raise refused(f"The operator {item['op']} is not valid.")
        compare = _OPERATORS[operator]
        return lambda row: compare(read(row), want)

    def _reader(self, item: dict[str, Any]) -> tuple[Callable[[Row], Any], str]:
        field = str(item.get("field", ""))
        if item.get("udf") is True:
            self._custom += 1
            if self._custom > 1:
                raise refused("You can only query by one user-defined field at a time.")
            return lambda row: _folded(_custom_value(row, field), "string"), "string"
        name = self._spelled(field)
        kind = self._fields[name]
        return lambda row: _folded(row.get(name), kind), kind

    def _several(self, values: Any, kind: str) -> frozenset[Any]:
        if not isinstance(values, list) or not values:
            raise refused("The operators in and notIn need an array.")
        return frozenset(_value(value, kind) for value in values)

    def _spelled(self, name: str) -> str:
        spelled = self._spellings.get(name.lower())
        if spelled is None:
            raise refused(f"Unable to find {name} in the {self._entity} Entity.")
        return spelled


def _among(read: Callable[[Row], Any], wanted: frozenset[Any], *, is_in: bool) -> Predicate:
    return lambda row: (read(row) in wanted) is is_in


def _custom_value(row: Row, name: str) -> Any:
    fields = row.get("userDefinedFields", [])
    return next((field["value"] for field in fields if field["name"].lower() == name.lower()), None)


def _value(value: Any, kind: str) -> Any:
    """A filter's value as rows are compared; numbers and booleans may come as text."""
    try:
        if kind == "integer" and not isinstance(value, bool):
            return int(value)
        if kind == "datetime":
            return _moment(str(value))
    except ValueError:
        pass
    if kind == "boolean" and str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    if kind != "string":
        raise refused(f"The value {value!r} is not valid for a field of type {kind}.")
    return str(value).lower()


def _folded(value: Any, kind: str) -> Any:
    if value is None or kind in ("integer", "boolean"):
        return value
    return _moment(value) if kind == "datetime" else str(value).lower()


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
