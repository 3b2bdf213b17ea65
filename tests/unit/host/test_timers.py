"""A timer's function on its schedule, and when somebody with the master key wants it now."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import azure.functions as func
import pytest
from aiohttp import ClientSession

from devstack.claims import bind
from devstack.host.admin_http import ADMIN_PATH, AdminHttp
from devstack.host.invocation import Invoker
from devstack.host.server import serving
from devstack.host.store import HistoryStore
from devstack.host.timers import Timers
from tests.fakes.clock import FakeClock
from tests.unit.host.harness import index

KEY = "the-master-key"


class Bell:
    """An app whose timer rings; how often at once, too."""

    def __init__(self) -> None:
        self.rung, self.at_once, self.most_at_once = 0, 0, 0
        self.app = df.DFApp()
        self.app.timer_trigger(arg_name="timer", schedule="0 0 3 * * *")(self._function())

    def _function(self) -> Callable[..., Coroutine[Any, Any, None]]:
        async def ring(timer: func.TimerRequest) -> None:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            await asyncio.sleep(0)
            self.at_once -= 1
            self.rung += 1

        return ring


def ask(directory: Path, bell: Bell, *names: str, key: str = KEY) -> list[int]:
    """The statuses of requests that are made at the same time."""

    async def run() -> list[int]:
        store, invoker, listener = HistoryStore(directory / "history.sqlite"), Invoker("{}", 1, 1), bind(0)
        timers = Timers(index(bell.app).of_kind("timerTrigger"), store, FakeClock(), invoker)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}{ADMIN_PATH}"

        async def post(session: ClientSession, name: str) -> int:
            async with session.post(f"{url}/{name}", headers={"x-functions-key": key}) as answer:
                return answer.status

        try:
            async with serving(listener, AdminHttp(timers, KEY).routes()), ClientSession() as session:
                return await asyncio.gather(*(post(session, name) for name in names))
        finally:
            invoker.close()
            store.close()

    return asyncio.run(run())


def test_timer_is_run_now_and_one_run_at_a_time(tmp_path: Path):
    bell = Bell()
    assert ask(tmp_path, bell, "ring", "ring", "ring") == [202, 202, 202]
    assert (bell.rung, bell.most_at_once) == (3, 1)


@pytest.mark.parametrize(("name", "key", "status"), [("ring", "another", 401), ("ring", "", 401), ("other", KEY, 404)])
def test_stranger_and_unknown_function_are_refused(tmp_path: Path, name: str, key: str, status: int):
    bell = Bell()
    assert ask(tmp_path, bell, name, key=key) == [status]
    assert bell.rung == 0
