"""The kinds of listings Graph has. A resource that fits none of them gets a kind of its own, never an `if`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tenantsync.errors import ContractError, DataError
from tenantsync.graph.client import TenantGraph
from tenantsync.graph.paging import GraphPage, read_pages
from tenantsync.resources.spec import Object, Page, Reading, Rows
from tenantsync.store.inventory import Item

MAX_TOP: Final = 999


def whole_object(graph_object: Object) -> Iterator[tuple[str, Item | None]]:
    """The usual row: the object as Graph sent it, under its Microsoft id, without OData annotations."""
    annotations = [name for name in graph_object if name[:1] == "@"]
    if annotations:
        graph_object = {name: value for name, value in graph_object.items() if name not in annotations}
    yield str(graph_object["id"]), graph_object


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A `value` array, paged by `@odata.nextLink`, or only its first page with objects (`is_paged` False)."""

    path: str
    select: tuple[str, ...] = ()
    top: int | None = MAX_TOP
    is_paged: bool = True
    rows: Rows = whole_object
    note_if_empty: str = ""

    def requests(self) -> tuple[str, ...]:
        options = {"$top": str(self.top) if self.top else "", "$select": ",".join(self.select)}
        query = "&".join(f"{name}={value}" for name, value in options.items() if value)
        return (f"{self.path}?{query}" if query else self.path,)

    def read(self, reading: Reading, cursor: str) -> Iterator[Page]:
        for page in read_pages(reading.graph, cursor or self.requests()[0]):
            yield self._to_page(page, is_first=not cursor)
            if not self._goes_on(page):
                return

    def _goes_on(self, page: GraphPage) -> bool:
        return page.next_link is not None and (self.is_paged or not page.objects)

    def _to_page(self, page: GraphPage, *, is_first: bool) -> Page:
        rows, unusable = collect_rows(page.objects, self.rows)
        is_empty = is_first and not page.objects and page.next_link is None
        return Page(
            rows=rows,
            received=len(page.objects),
            cursor=page.next_link if self._goes_on(page) else None,
            expected=page.count,
            unusable=unusable,
            note=self.note_if_empty if is_empty else "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaMembers:
    """Members by the groups' delta: complete when the delta link is reached, one request for many groups.

    A group's members may be spread over pages, come twice, or be removed again further on.
    """

    path: str
    select: tuple[str, ...]
    rows: Rows

    def requests(self) -> tuple[str, ...]:
        return (f"{self.path}?$select={','.join(self.select)}",)

    def read(self, reading: Reading, cursor: str) -> Iterator[Page]:
        for page in read_pages(reading.graph, cursor or self.requests()[0]):
            rows, unusable = collect_rows(page.objects, self.rows)
            received = sum(1 for graph_object in page.objects for _ in _present_members(graph_object))
            gone = {str(group["id"]): _reason(group) for group in page.objects if "@removed" in group}
            yield Page(
                rows=rows,
                received=received,
                cursor=page.next_link,
                unusable=unusable,
                dropped=tuple(f"{group}_" for group in gone),
                gone=Counter(gone.values()),
                delta_link=_delta_link(page),
            )

    @property
    def has_whole_objects(self) -> bool:
        return True

    def begin(self, graph: TenantGraph) -> str:  # noqa: ARG002 - the full listing is a delta already
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectChanges:
    """What has changed of a collection that is listed by `Collection`."""

    path: str
    select: tuple[str, ...]

    def requests(self) -> tuple[str, ...]:
        return (f"{self.path}?$deltatoken=latest&$select={','.join(self.select)}",)

    @property
    def has_whole_objects(self) -> bool:
        return False

    def begin(self, graph: TenantGraph) -> str:
        """Microsoft answers with no objects and the link to what changes from now on."""
        links = [page.delta_link for page in read_pages(graph, self.requests()[0])]
        return links[-1] or ""

    def read(self, reading: Reading, cursor: str) -> Iterator[Page]:
        for page in read_pages(reading.graph, cursor):
            rows, unusable = collect_rows(page.objects, _changed_object)
            gone = {str(item["id"]): _reason(item) for item in page.objects if "@removed" in item and "id" in item}
            yield Page(
                rows=rows,
                received=len(page.objects),
                cursor=page.next_link,
                unusable=unusable,
                gone=Counter(gone.values()),
                delta_link=_delta_link(page),
            )


def _changed_object(graph_object: Object) -> Iterator[tuple[str, Item | None]]:
    if "@removed" in graph_object:
        yield str(graph_object["id"]), None
    else:
        yield from whole_object(graph_object)


def _reason(removed: Object) -> str:
    """Microsoft's word for why an object is no more: `changed` (it can be restored) or `deleted`."""
    mark = removed["@removed"]
    return str(mark.get("reason") or "unknown") if isinstance(mark, Mapping) else "unknown"


def _delta_link(page: GraphPage) -> str:
    """Of the last page; ContractError if it has none, for then the listing has not reached its end."""
    if page.next_link is not None:
        return ""
    if page.delta_link is None:
        raise ContractError("unexpected_answer", "the delta listing ended without a delta link")
    return page.delta_link


def _present_members(group: Object) -> Iterator[Object]:
    return (member for member in group.get("members@delta") or () if "@removed" not in member)


def collect_rows(objects: Iterable[Object], rows: Rows) -> tuple[dict[str, Item | None], int]:
    """Rows of a page by id, the last one wins; and how many objects could not be used."""
    collected: dict[str, Item | None] = {}
    unusable = 0
    for graph_object in objects:
        try:
            collected.update(rows(graph_object))
        except (KeyError, TypeError, AttributeError, DataError):
            unusable += 1
    return collected, unusable
