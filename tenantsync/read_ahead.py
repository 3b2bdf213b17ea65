"""Reads the next page while the caller is still busy with the last one."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import TypeVar

_T = TypeVar("_T")


def read_ahead(pages: Iterator[_T], may_read: Callable[[int], bool] = lambda _: True) -> Iterator[_T]:
    """The pages, each next one fetched while the caller stores the last, as long as `may_read(pages so far)`."""
    read = 1
    fetch = partial(copy_context().run, next, pages, None)  # what is asked for belongs to whoever reads
    with ThreadPoolExecutor(1, thread_name_prefix="page-reader") as reader:
        upcoming: Future[_T | None] | None = reader.submit(fetch)
        while upcoming is not None and (page := upcoming.result()) is not None:
            upcoming = None
            if may_read(read):
                upcoming = reader.submit(fetch)
                read += 1
            yield page
        reader.submit(getattr(pages, "close", lambda: None)).result()
