"""What a resource declares. The engine knows resources only through these types."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from tenantsync.graph.client import TenantGraph
from tenantsync.graph.workloads import DIRECTORY
from tenantsync.store.inventory import Item, Tally
from tenantsync.store.scratch import Scratch

_KEY: Final = re.compile(r"[a-z][a-z_]{2,40}")
Object = Mapping[str, Any]
"""One object as Graph sends it."""

Rows = Callable[[Object], Iterator[tuple[str, Item | None]]]
"""The inventory rows of one object as (id, item); an item of None removes the row. Raises DataError or KeyError."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a source gives for one step: rows to store and where to go on afterwards.

    `cursor` None means that the listing ended by itself. `received` counts objects as Microsoft sent them.
    `note` is a problem code that is worth saying although the number is right. `dropped` are prefixes of ids whose
    rows all go, `gone` counts objects that are no more by Microsoft's reason (`changed`: can be restored, `deleted`:
    for good), `delta_link` is where the changes after this page begin, and `as_of` the day the source speaks of.
    """

    rows: Mapping[str, Item | None] = field(default_factory=dict)
    received: int = 0
    cursor: str | None = None
    expected: int | None = None
    unusable: int = 0
    note: str = ""
    dropped: tuple[str, ...] = ()
    gone: Mapping[str, int] = field(default_factory=dict)
    delta_link: str = ""
    as_of: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source may use: the tenant's Graph, and notes that outlive a slice."""

    graph: TenantGraph
    scratch: Scratch


class Source(Protocol):
    """Reads a resource page by page.

    `cursor` is empty for the beginning, else one that a page of this source carried. Pages come in order and each is
    stored before its cursor is. Reading a page twice must be harmless. Raises the failures of `graph.failures`.
    """

    def read(self, reading: Reading, cursor: str) -> Iterator[Page]: ...

    def requests(self) -> tuple[str, ...]:
        """The first request paths below v1.0, for the checks against Microsoft's metadata and the docs."""
        ...


class Changes(Source, Protocol):
    """Reads what has changed since a point in time; a cursor is the link to that point, or to a further page.

    Objects may come with some of their properties only, unless `has_whole_objects`. The last page carries the next
    point.
    """

    @property
    def has_whole_objects(self) -> bool: ...

    def begin(self, graph: TenantGraph) -> str:
        """The link to everything that changes from now on; empty when the full listing itself ends with it."""
        ...


def never(_cursor: str) -> bool:
    """For listings of one workload."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceSpec:
    """One resource type.

    `permissions`: any one of these application permissions is enough, the least privileged first.
    `changes`: Microsoft's delta of the same rows, None when there is none.
    `count`: asks Microsoft how many objects there are, None when there is no such question.
    `evidence`: what makes a number complete where Microsoft gives none: why the listing is known to be whole.
    `pace`: objects a second a first plan reckons with, as long as this tenant's own pace is not known.
    `foreseen_from`: the resource whose number foretells this one's, where Microsoft gives none beforehand.
    `workload`: what Microsoft throttles it with: resources of one workload share its limits.
    `asks_directory`: whether its listing asks the directory, too, from a cursor on: then both limits hold.
    `weight`: the resource's share of the run's percentage.
    `tally`: counters of an item that the summary adds up over the stored rows.
    `slice_factor`: how many times the usual pages and seconds one slice may take, where beginning a slice is dear.
    `absent_statuses`: HTTP statuses by which Graph says that the tenant lacks the service.
    """

    key: str
    title: str
    permissions: tuple[str, ...]
    source: Source
    changes: Changes | None = None
    count: Callable[[TenantGraph], int | None] | None = None
    evidence: str = "answered"
    pace: int = 1000
    foreseen_from: str = ""
    workload: str = DIRECTORY
    asks_directory: Callable[[str], bool] = never
    weight: int = 1
    tally: Tally | None = None
    slice_factor: int = 1
    absent_statuses: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise ValueError(f"resource key {self.key!r} is not snake_case")
        if not self.permissions or self.weight < 1:
            raise ValueError(f"{self.key}: permissions and a positive weight are needed")
