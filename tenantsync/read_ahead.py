"""Reads the next page while the caller is still busy with the last one."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from tenantsync.resources.spec import Page


def read_ahead(pages: Iterator[Page], may_read: Callable[[int], bool]) -> Iterator[Page]:
    """The pages, each next one fetched while the caller stores the last, as long as `may_read(pages so far)`."""
    read = 1
    with ThreadPoolExecutor(1, thread_name_prefix="page-reader") as reader:
        upcoming: Future[Page | None] | None = reader.submit(next, pages, None)
        while upcoming is not None and (page := upcoming.result()) is not None:
            upcoming = None
            if page.cursor is not None and may_read(read):
                upcoming = reader.submit(next, pages, None)
                read += 1
            yield page
        reader.submit(getattr(pages, "close", lambda: None)).result()
