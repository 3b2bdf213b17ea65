"""Pages of a Graph collection: follows links as they are, notices when they go round in circles."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tenantsync.errors import ContractError, CursorExpiredError
from tenantsync.graph.client import TenantGraph

_NONE: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class GraphPage:
    """One answer: its objects, the link to the next one (None at the end), and Graph's own count if it gave one."""

    objects: list[Mapping[str, Any]]
    next_link: str | None
    delta_link: str | None
    count: int | None


def read_pages(graph: TenantGraph, target: str, headers: Mapping[str, str] = _NONE) -> Iterator[GraphPage]:
    """Pages from `target` (a path, or the link to resume from) to the end, which may be pages without objects.

    Raises CursorExpiredError when a link comes a second time: the listing must start again.
    """
    seen = {target}
    while True:
        page = _parse_page(graph.fetch_json(target, headers))
        yield page
        if page.next_link is None:
            return
        if page.next_link in seen:
            raise CursorExpiredError("page_expired", "the listing's links go round in circles")
        seen.add(page.next_link)
        target = page.next_link


def _parse_page(body: Mapping[str, Any]) -> GraphPage:
    objects = body.get("value")
    if not isinstance(objects, list):
        raise ContractError("unexpected_answer", "a listing without `value`")
    count = body.get("@odata.count")
    return GraphPage(
        objects,
        body.get("@odata.nextLink"),
        body.get("@odata.deltaLink"),
        count if isinstance(count, int) else None,
    )
