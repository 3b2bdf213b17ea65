"""ConnectWise's way of listing anything: conditions, order, fields, and both kinds of paging."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final

from aiohttp import web

from devstack.psa.connectwise_conditions import ConditionError, Predicate, parse_conditions, value_at
from devstack.psa.front import FOREIGN, Refusal, Row, has_fault, json_answer, spoiled

_PARAMETERS: Final = frozenset(
    {"conditions", "childConditions", "customFieldConditions", "orderBy", "fields", "page", "pageSize", "pageId"}
)
_DEFAULT_PAGE: Final = 25
_LARGEST_PAGE: Final = 1000
_LONGEST_URL: Final = 2048


def invalid(message: str) -> Refusal:
    """What a request that cannot be understood gets."""
    return Refusal(400, {"code": "ConnectWiseApi", "message": message, "errors": None})


def list_rows(
    request: web.Request, rows: Iterable[Row], fields: Mapping[str, str], children: Mapping[str, str] | None = None
) -> web.Response:
    """One page of `rows` (ascending by id). `fields` and `children` are what conditions may name."""
    query = request.query
    if len(request.path_qs) > _LONGEST_URL:
        raise Refusal(414, "<html><body>URI Too Long</body></html>", kind="text/html")
    if unknown := set(query) - _PARAMETERS:
        raise invalid(f"unknown parameter {', '.join(sorted(unknown))}")
    matching = matches(rows, query, fields, children or {})
    if request.headers.get("pagination-type", "navigable").lower() == "forward-only":
        page, headers = _forward(request, matching)
    else:
        page, headers = _navigable(request, _ordered(matching, query.get("orderBy", ""), fields))
    page = spoiled(request, page, "name")
    return json_answer(_selected(page, query.get("fields", ""), fields), headers=headers)


def matches(
    rows: Iterable[Row], query: Mapping[str, str], fields: Mapping[str, str], children: Mapping[str, str]
) -> Iterable[Row]:
    """The rows that meet `conditions` and `childConditions`; raises Refusal for a text that is neither."""
    try:
        wanted = _predicate(query.get("conditions", ""), fields)
        child_wanted = _predicate(query.get("childConditions", ""), children)
    except ConditionError as error:
        raise invalid(f"Invalid conditions: {error}") from error
    found = (row for row in rows if wanted is None or wanted(row))
    if child_wanted is None:
        return found
    collection = next(iter(children)).partition("/")[0]
    return (row for row in found if any(child_wanted({collection: child}) for child in row[collection]))


def _predicate(text: str, fields: Mapping[str, str]) -> Predicate | None:
    return parse_conditions(text, fields) if text.strip() else None


def _forward(request: web.Request, rows: Iterable[Row]) -> tuple[list[Row], dict[str, str]]:
    """The page number is ignored; the Link header is there on every page, and empty on the last."""
    if "orderBy" in request.query:
        raise invalid("orderBy cannot be used with forward-only pagination")
    after, size = _number(request, "pageId", 0), _page_size(request)
    found = list(islice((row for row in rows if row["id"] > after), size + 1))
    link = _link(request, "next", pageId=found[size - 1]["id"]) if len(found) > size else ""
    return found[:size], {"Link": link}


def _navigable(request: web.Request, rows: list[Row]) -> tuple[list[Row], dict[str, str]]:
    if "pageId" in request.query:
        raise invalid("pageId needs the header pagination-type: forward-only")
    page, size = max(_number(request, "page", 1), 1), _page_size(request)
    last = max(-(-len(rows) // size), 1)
    links = [_link(request, "next", page=page + 1), _link(request, "last", page=last)] if page < last else []
    links += [_link(request, "first", page=1), _link(request, "prev", page=page - 1)] if page > 1 else []
    return rows[(page - 1) * size : page * size], {"Link": ", ".join(links)} if links else {}


def _link(request: web.Request, name: str, **position: int) -> str:
    address = request.url.update_query({key: str(value) for key, value in position.items()})
    text = str(address)
    if has_fault(request, "foreign_link"):
        text = text.replace(str(address.origin()), FOREIGN)
    return f'<{text}>; rel="{name}"'


def _page_size(request: web.Request) -> int:
    """Larger pages than the largest are cut down without a word."""
    size = _number(request, "pageSize", _DEFAULT_PAGE)
    if size < 1:
        raise invalid("pageSize must be positive")
    return min(size, _LARGEST_PAGE)


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isdigit():
        raise invalid(f"{name} must be a number")
    return int(text)


def _ordered(rows: Iterable[Row], text: str, fields: Mapping[str, str]) -> list[Row]:
    if not text:
        return list(rows)
    path, _, direction = text.strip().partition(" ")
    if path not in fields or direction.strip().lower() not in ("", "asc", "desc"):
        raise invalid(f"Invalid orderBy: {text}")
    is_descending = direction.strip().lower() == "desc"
    return sorted(rows, key=lambda row: _sortable(value_at(row, path)), reverse=is_descending)


def _selected(rows: list[Row], text: str, fields: Mapping[str, str]) -> list[Row]:
    """Only the named fields; without names all of them."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = {path.partition("/")[0] for path in fields} | {"_info", "types"} | {key for row in rows[:1] for key in row}
    if unknown := [name for name in names if name.partition("/")[0] not in known]:
        raise invalid(f"Unknown field {', '.join(unknown)}")
    tops = {name.partition("/")[0] for name in names}
    return [{key: value for key, value in row.items() if key in tops} for row in rows] if tops else rows


def _sortable(value: Any) -> tuple[bool, Any]:
    return value is not None, 0 if value is None else value
