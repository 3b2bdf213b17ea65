"""The grammar of ConnectWise's `conditions`: parsed as the Developer Guide describes it, refused otherwise."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from devstack.psa.front import Row

Predicate = Callable[[Row], bool]
Literal = str | int | float | bool | None

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<datetime>\[[^\]]*\])
    | (?P<integer>-?\d+(?:\.\d+)?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_/]*)
    | (?P<operator><=|>=|!=|=|<|>)
    | (?P<mark>[(),])
    )""",
    re.VERBOSE,
)
_COMPARED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": lambda have, want: have == want,
    "!=": lambda have, want: have != want,
    "<": lambda have, want: have is not None and have < want,
    "<=": lambda have, want: have is not None and have <= want,
    ">": lambda have, want: have is not None and have > want,
    ">=": lambda have, want: have is not None and have >= want,
}


class ConditionError(Exception):
    """The text is no condition; the message says where."""


def parse_conditions(text: str, fields: Mapping[str, str]) -> Predicate:
    """A predicate over rows. `fields` are the kinds (string, integer, boolean, datetime) by path, as `status/id`."""
    parser = _Parser(_tokens(text), fields)
    predicate = parser.either()
    if parser.kind:
        raise ConditionError(f"unexpected {parser.text!r}")
    return predicate


def value_at(row: Row, path: str) -> Any:
    """A field's value; None where something on the way is missing."""
    value: Any = row.get("_info", {}) if path in ("lastUpdated", "dateEntered") else row
    for part in path.split("/"):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position = [], 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ConditionError(f"unexpected {text[position : position + 10]!r}")
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        position = match.end()
    return found


class _Parser:
    """By recursive descent; `and` binds stronger than `or`."""

    def __init__(self, tokens: list[tuple[str, str]], fields: Mapping[str, str]) -> None:
        self._tokens = [*tokens, ("", "the end")]
        self._fields = fields

    @property
    def kind(self) -> str:
        return self._tokens[0][0]

    @property
    def text(self) -> str:
        return self._tokens[0][1]

    def either(self) -> Predicate:
        left = self._both()
        while self._takes("or"):
            left = _or(left, self._both())
        return left

    def _both(self) -> Predicate:
        left = self._one()
        while self._takes("and"):
            left = _and(left, self._one())
        return left

    def _one(self) -> Predicate:
        if self._takes("not"):
            return _not(self._one())
        if self._takes("("):
            inside = self.either()
            self._expect(")")
            return inside
        return self._comparison()

    def _comparison(self) -> Predicate:
        path = self._next("word")
        field = self._fields.get(path)
        if field is None:
            raise ConditionError(f"unknown field {path!r}")
        if self._takes("not"):
            return _not(self._named(path, field))
        if self.kind == "operator":
            compare = _COMPARED[self._next("operator")]
            return _compare(path, compare, self._literal(field))
        return self._named(path, field)

    def _named(self, path: str, field: str) -> Predicate:
        if self._takes("in"):
            wanted = self._several(field)
            return lambda row: _folded(value_at(row, path)) in wanted
        is_like = self._takes("like")
        if field != "string" or not (is_like or self._takes("contains")):
            raise ConditionError(f"unexpected {self.text!r} after {path!r}")
        pattern = str(self._literal(field))
        expression = re.compile(_like(pattern) if is_like else f".*{re.escape(pattern)}.*", re.DOTALL)
        return lambda row: bool(expression.fullmatch(str(_folded(value_at(row, path)) or "")))

    def _several(self, field: str) -> frozenset[Literal]:
        self._expect("(")
        values = [self._literal(field)]
        while self._takes(","):
            values.append(self._literal(field))
        self._expect(")")
        return frozenset(values)

    def _literal(self, field: str) -> Literal:
        kind, text = self._tokens.pop(0)
        if kind == "word" and text.lower() == "null":
            return None
        if kind == "word" and field == "boolean" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if kind != field:
            raise ConditionError(f"{text!r} is no {field}")
        readers: dict[str, Callable[[str], Literal]] = {"string": _string, "datetime": _moment, "integer": _number}
        return readers[field](text)

    def _takes(self, text: str) -> bool:
        if self.kind in ("word", "mark") and self.text.lower() == text:
            del self._tokens[0]
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._takes(text):
            raise ConditionError(f"{text!r} expected, {self.text!r} found")

    def _next(self, kind: str) -> str:
        if self.kind != kind:
            raise ConditionError(f"unexpected {self.text!r}")
        return self._tokens.pop(0)[1]


def _or(left: Predicate, right: Predicate) -> Predicate:
    return lambda row: left(row) or right(row)


def _and(left: Predicate, right: Predicate) -> Predicate:
    return lambda row: left(row) and right(row)


def _not(inside: Predicate) -> Predicate:
    return lambda row: not inside(row)


def _compare(path: str, compare: Callable[[Any, Any], bool], wanted: Literal) -> Predicate:
    return lambda row: compare(_folded(value_at(row, path)), wanted)


def _folded(value: Any) -> Any:
    """Texts are compared without regard to case, as the vendor's database does."""
    return value.lower() if isinstance(value, str) and not _is_stamp(value) else value


def _is_stamp(value: str) -> bool:
    return len(value) == len("2026-01-01T00:00:00Z") and value[10:11] == "T" and value.endswith("Z")


def _string(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]).lower()


def _number(text: str) -> float | int:
    return float(text) if "." in text else int(text)


def _moment(text: str) -> str:
    """The brackets' time as rows have it, so that texts can be compared."""
    try:
        moment = datetime.fromisoformat(text[1:-1])
    except ValueError as error:
        raise ConditionError(f"{text!r} is no datetime") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _like(pattern: str) -> str:
    return ".*".join(re.escape(part) for part in re.split(r"[%*]", pattern))
