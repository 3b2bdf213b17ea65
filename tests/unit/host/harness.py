"""The engine of the local host on a sample app, with a clock that tests move."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import azure.durable_functions as df

from devstack.host.config import HostConfig
from devstack.host.engine import Engine
from devstack.host.indexing import AppIndex, index_app
from devstack.host.invocation import Invoker
from devstack.host.management import Management
from devstack.host.store import HistoryStore, Instance
from devstack.host.versions import Versioning
from tests.fakes.clock import FakeClock

_PATIENCE_SECONDS = 60.0


def index(app: df.DFApp) -> AppIndex:
    """The index of an app object, as if it stood in a function_app.py."""
    module = ModuleType("function_app")
    module.app = app  # type: ignore[attr-defined]
    return index_app(module)


@dataclass
class Host:
    """A running engine."""

    engine: Engine
    management: Management
    store: HistoryStore
    clock: FakeClock

    def start(self, name: str, input_: Any = None, instance_id: str = "one") -> str:
        return self.management.start(name, instance_id, json.dumps(input_))

    def instance(self, instance_id: str = "one") -> Instance:
        return self.management.find(instance_id)

    def output(self, instance_id: str = "one") -> Any:
        return json.loads(self.instance(instance_id).output or "null")

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits, by giving way to the engine, until something has come true."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _PATIENCE_SECONDS
        while not condition():
            assert loop.time() < deadline, "it did not come true"
            await asyncio.sleep(0.002)

    async def ended(self, instance_id: str = "one", status: str = "Completed") -> None:
        await self.until(lambda: self.instance(instance_id).is_terminal)
        assert self.instance(instance_id).status == status, self.output(instance_id)

    async def idle(self) -> None:
        """Until nothing is due and nothing runs."""
        await self.until(lambda: not self.engine._busy and not self.store.due_instances(self.clock.now()))

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.engine.wake()


def play(
    app: df.DFApp | AppIndex,
    directory: Path,
    scenario: Callable[[Host], Awaitable[None]],
    clock: FakeClock | None = None,
    versioning: Versioning | None = None,
) -> None:
    """Runs a scenario against the app; every episode is replayed twice and must agree."""

    async def run() -> None:
        config = HostConfig(
            max_activities=8, max_orchestrators=4, replays_twice=True, versioning=versioning or Versioning()
        )
        store = HistoryStore(directory / "history.sqlite")
        invoker = Invoker("{}", 4, 8)
        time = clock or FakeClock()
        app_index = app if isinstance(app, AppIndex) else index(app)
        engine = Engine(app_index, store, config, time, invoker)
        serving = asyncio.create_task(engine.run())
        try:
            await scenario(Host(engine, Management(store, engine, time), store, time))
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving
            await engine.stop(5.0)
            invoker.close()
            store.close()

    asyncio.run(run())
