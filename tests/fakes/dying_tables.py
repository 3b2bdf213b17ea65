"""Tables of a worker that dies after so many writes."""

from typing import Any

_WRITES = frozenset({"insert", "upsert", "replace", "write", "remove", "delete"})


class DyingTables:
    """Passes everything on until its writes are used up, then raises InterruptedError instead of writing."""

    def __init__(self, tables: Any, writes: int) -> None:
        self._tables = tables
        self._left = writes

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._tables, name)
        if name not in _WRITES:
            return found

        def counted(*args: Any, **more: Any) -> Any:
            if self._left == 0:
                raise InterruptedError
            self._left -= 1
            return found(*args, **more)

        return counted
