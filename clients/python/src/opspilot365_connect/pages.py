"""Lists that come in pages."""

from collections.abc import Callable, Iterator
from typing import Generic, ParamSpec, TypedDict, TypeVar, cast

Item = TypeVar("Item")
Arguments = ParamSpec("Arguments")


class Page(TypedDict, Generic[Item]):
    """What every page has; `nextCursor` is None on the last one."""

    items: list[Item]
    nextCursor: str | None


def every(
    read: Callable[Arguments, Page[Item]], *arguments: Arguments.args, **named: Arguments.kwargs
) -> Iterator[Item]:
    """Every item of a list, page by page: `every(connect.tenant_list, tag="vip")`."""
    read_page = cast("Callable[..., Page[Item]]", read)
    page = read_page(*arguments, **named)
    yield from page["items"]
    while page["nextCursor"] is not None:
        page = read_page(*arguments, **{**named, "cursor": page["nextCursor"]})
        yield from page["items"]
