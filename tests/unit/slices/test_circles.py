"""Links that lead back to an earlier page are noticed, also by slices that each see a part of the circle only."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tenantsync.resources.spec import Page, Reading
from tenantsync.services import Services
from tenantsync.slices.work import SliceBudget
from tests.fakes.clock import FakeClock
from tests.unit.slices.bench import Bench, Scripted


@dataclass
class Circle(Scripted):
    """Leads from its last page back to one in the middle, for the first `times` times."""

    back_to: int = 0
    times: int = 1

    def read(self, reading: Reading, cursor: str) -> Iterator[Page]:
        for page in super().read(reading, cursor):
            if page.cursor is None and self.times:
                yield Page(rows=page.rows, received=page.received, cursor=str(self.back_to))
                return
            yield page


@pytest.mark.parametrize(("pages", "back_to"), [(2, 1), (7, 1), (60, 1), (60, 59), (33, 32), (100, 40)])
@pytest.mark.parametrize("slice_pages", [1, 25])
def test_circle_of_any_length_ends_the_listing_and_not_only_within_a_slice(
    services: Services, clock: FakeClock, pages: int, back_to: int, slice_pages: int
):
    source = Circle(pages=pages, back_to=back_to, times=3)
    bench = Bench(services, clock, source, budget=SliceBudget(pages=slice_pages))
    ended = bench.run(most=3000)
    assert (ended.state, ended.restarts) == ("partial", 2)
    assert len(source.reads) <= 3 * (4 * pages + 4)


@pytest.mark.parametrize("slice_pages", [1, 25])
def test_listing_that_starts_again_may_pass_the_same_pages(services: Services, clock: FakeClock, slice_pages: int):
    class Once(Circle):
        def read(self, reading: Reading, cursor: str) -> Iterator[Page]:
            if bench.progress.restarts:
                self.times = 0
            return super().read(reading, cursor)

    bench = Bench(services, clock, Once(pages=60, back_to=3), budget=SliceBudget(pages=slice_pages))
    ended = bench.run(most=3000)
    assert (ended.state, ended.restarts, ended.stored) == ("completed", 1, 600)
