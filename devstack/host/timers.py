"""Timer triggers: one run at a time, due times remembered, a missed one made up for at the start."""

import asyncio
import os
import re
from datetime import datetime
from typing import Final

from devstack.host.events import format_time, parse_time
from devstack.host.indexing import AppFunction
from devstack.host.invocation import Invoker
from devstack.host.log import log_failure
from devstack.host.schedule import Schedule, parse_schedule
from devstack.host.store import HistoryStore
from tenantsync.clock import Clock

_SETTING: Final = re.compile(r"%(\w+)%")


class Timers:
    """Keeps every timer function to its schedule; a run that fails does not stop the schedule."""

    def __init__(self, functions: list[AppFunction], store: HistoryStore, clock: Clock, invoker: Invoker) -> None:
        self._schedules = [(function, _schedule_of(function)) for function in functions]
        self._turns = {function.name: asyncio.Lock() for function in functions}
        self._store = store
        self._clock = clock
        self._invoker = invoker

    async def run(self) -> None:
        """Serves until cancelled."""
        await asyncio.gather(*(self._serve(function, schedule) for function, schedule in self._schedules))

    async def run_now(self, name: str) -> bool:
        """Runs a function once more than its schedule has it; False when there is none of that name."""
        found = [(function, schedule) for function, schedule in self._schedules if function.name == name]
        for function, schedule in found:
            await self._fire(function, schedule, is_past_due=False)
        return bool(found)

    async def _serve(self, function: AppFunction, schedule: Schedule) -> None:
        known = self._store.read_timer(function.name)
        now = self._clock.now()
        if known and parse_time(known["next"]) < now:
            await self._fire(function, schedule, is_past_due=True)
        elif function.trigger.get("runOnStartup"):
            await self._fire(function, schedule, is_past_due=False)
        due = schedule.following(self._clock.now())
        while True:
            self._remember(function, schedule, self._clock.now(), due, fired=False)
            await asyncio.sleep(max(0.0, (due - self._clock.now()).total_seconds()))
            await self._fire(function, schedule, is_past_due=False)
            due = schedule.following(max(due, self._clock.now()))

    async def _fire(self, function: AppFunction, schedule: Schedule, *, is_past_due: bool) -> None:
        known = self._store.read_timer(function.name)
        status = {"Last": known["last"], "Next": known["next"], "LastUpdated": known["updated"]} if known else None
        document = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": is_past_due}
        try:
            async with self._turns[function.name]:
                await self._invoker.run_timer(function, document)
        except Exception as error:  # the schedule goes on
            log_failure(f"timer {function.name} failed", error)
        now = self._clock.now()
        self._remember(function, schedule, now, schedule.following(now), fired=True)

    def _remember(
        self, function: AppFunction, schedule: Schedule, now: datetime, due: datetime, *, fired: bool
    ) -> None:
        known = self._store.read_timer(function.name)
        last = format_time(now) if fired else known["last"] if known else format_time(now)
        self._store.put_timer(function.name, last, format_time(due), format_time(now))


def _schedule_of(function: AppFunction) -> Schedule:
    text = str(function.trigger["schedule"])
    setting = _SETTING.fullmatch(text)
    return parse_schedule(os.environ.get(setting[1], "") if setting else text)
