"""What a slice leaves when it is cut off between its steps: nothing is claimed that is not stored, nothing is kept of
a listing that was given up."""

import pytest

from tenantsync.errors import CursorExpiredError, TransientError
from tenantsync.services import Services
from tenantsync.slices.work import SliceBudget
from tenantsync.wire import INVENTORY_TABLE
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import TENANT
from tests.unit.slices.bench import Bench, Scripted


@pytest.mark.parametrize("page", [0, 1, 2])
@pytest.mark.parametrize("slice_pages", [1, 25])
def test_checkpoint_never_speaks_of_a_page_that_was_not_stored(
    services: Services, tables: MemoryTables, clock: FakeClock, page: int, slice_pages: int,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    write, left = tables.write, [page]

    def fail_once(table: str, partitions: dict[str, list[dict[str, object]]]) -> None:
        if table == INVENTORY_TABLE:
            left[0] -= 1
            if left[0] == -1:
                raise TransientError("storage_unavailable")
        write(table, partitions)

    monkeypatch.setattr(tables, "write", fail_once)
    bench = Bench(services, clock, Scripted(), budget=SliceBudget(pages=slice_pages))
    ended = bench.run()
    assert (ended.state, ended.stored, ended.received) == ("completed", 30, 30)


def test_rows_of_a_listing_that_was_given_up_are_not_counted_for_the_next(services: Services, clock: FakeClock):
    """Between the two an object has gone: only the second listing is a truth of one moment."""
    expired = CursorExpiredError("page_expired", "")
    source = Scripted(pages=3, failures={1: expired})
    bench = Bench(services, clock, source, counts=[30, 29, 29])

    def rows(number: int) -> dict[str, dict[str, str] | None]:
        gone = {"0-7"} if bench.progress.restarts else set()
        return {key: {"id": key} for n in range(10) if (key := f"{number}-{n}") not in gone}

    source.rows = rows
    ended = bench.run()
    stored = {item["id"] for item in services.inventory.read_page(TENANT, "things", 100, None).items}
    assert (ended.state, ended.restarts, ended.stored, ended.stale) == ("completed", 1, 29, 1)
    assert "0-7" not in stored
