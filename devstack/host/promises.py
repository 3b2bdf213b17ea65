"""Promises whose continuations run at once and in order, as .NET tasks do on the extension's own scheduler."""

from collections.abc import Callable, Coroutine, Generator
from typing import Any


class Promise:
    """A value or an error to come."""

    def __init__(self) -> None:
        self.is_done = False
        self.value: Any = None
        self.error: Exception | None = None
        self._continuations: list[Callable[[], None]] = []

    def resolve(self, value: Any = None, error: Exception | None = None) -> None:
        """Settles the promise; a second time does nothing."""
        if self.is_done:
            return
        self.is_done, self.value, self.error = True, value, error
        continuations, self._continuations = self._continuations, []
        for continuation in continuations:
            continuation()

    def then(self, continuation: Callable[[], None]) -> None:
        """Runs `continuation` when settled, now if it is already."""
        if self.is_done:
            continuation()
        else:
            self._continuations.append(continuation)

    def __await__(self) -> Generator["Promise", None, Any]:
        if not self.is_done:
            yield self
        if self.error is not None:
            raise self.error
        return self.value


def spawn(coroutine: Coroutine[Promise, None, Any]) -> Promise:
    """Runs a coroutine of promises as far as it goes; the promise given back settles with it."""
    outcome = Promise()

    def step() -> None:
        try:
            awaited = coroutine.send(None)
        except StopIteration as stop:
            outcome.resolve(stop.value)
        except Exception as error:  # becomes the promise's error, to be raised where it is awaited
            outcome.resolve(error=error)
        else:
            awaited.then(step)

    step()
    return outcome


async def when_all(promises: list[Promise]) -> None:
    """Waits for every promise, also after a failure; then raises the first error."""
    error: Exception | None = None
    for promise in promises:
        try:
            await promise
        except Exception as failure:
            error = error or failure
    if error is not None:
        raise error


async def when_any(promises: list[Promise]) -> None:
    """Waits for the first promise to settle."""
    first = Promise()
    for promise in promises:
        promise.then(first.resolve)
    await first
