"""Puts the host together and serves it until it is told to stop."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import ClientSession, web

from devstack.claims import bind
from devstack.host.admin_http import AdminHttp
from devstack.host.config import HostConfig, apply_local_settings, read_config
from devstack.host.durable_http import RPC_PATH, WEBHOOK_PATH, DurableHttp, DurableUrls
from devstack.host.engine import Engine
from devstack.host.function_http import FunctionHttp
from devstack.host.indexing import AppIndex, load_app
from devstack.host.invocation import Invoker
from devstack.host.log import log_line
from devstack.host.management import Management
from devstack.host.static import Portal
from devstack.host.store import HistoryStore
from devstack.host.timers import Timers
from tenantsync.clock import Clock, SystemClock

_LOOPBACK: Final = "127.0.0.1"
_MAX_BODY_BYTES: Final = 100 * 1024 * 1024
_GRACE_SECONDS: Final = 4.0
_HEALTH_SECONDS: Final = 0.25
_LONGEST_HEALTH_SECONDS: Final = 8.0


@dataclass(frozen=True, slots=True)
class HostOptions:
    """Where the app is, where to serve it, where its state lives."""

    app_directory: Path
    port: int
    data_directory: Path


async def run_host(options: HostOptions, on_ready: Callable[[str], None], clock: Clock | None = None) -> None:
    """Serves the app until SIGTERM or SIGINT; raises BusyError, IndexingError or ValueError when it cannot.

    The caller holds `exclusive(options.data_directory)`. `on_ready` is called when the app says that it is healthy.
    """
    apply_local_settings(options.app_directory)
    config = read_config(options.app_directory)
    index = load_app(options.app_directory)
    store = HistoryStore(options.data_directory / "history.sqlite")
    try:
        await _Host(options, config, index, store, clock or SystemClock()).serve(on_ready)
    finally:
        store.close()


class _Host:
    def __init__(
        self, options: HostOptions, config: HostConfig, index: AppIndex, store: HistoryStore, clock: Clock
    ) -> None:
        self._options = options
        self._config = config
        self._index = index
        self._store = store
        self._clock = clock

    async def serve(self, on_ready: Callable[[str], None]) -> None:
        async with contextlib.AsyncExitStack() as stack:
            public = bind(self._options.port)
            internal = bind(0)
            base_url = f"http://{_LOOPBACK}:{self._options.port}"
            key = read_secret(self._options.data_directory / "system-key")
            binding = DurableUrls(self._config.hub_name, base_url, key).client_binding(internal.getsockname()[1])
            invoker = Invoker(binding, self._config.threads, self._config.max_activities)
            stack.callback(invoker.close)
            engine = Engine(self._index, self._store, self._config, self._clock, invoker)
            stack.push_async_callback(engine.stop, _GRACE_SECONDS)
            durable = DurableHttp(
                Management(self._store, engine, self._clock), DurableUrls(self._config.hub_name, base_url, key)
            )
            await stack.enter_async_context(serving(internal, durable.routes(RPC_PATH, needs_key=False)))
            timers = Timers(self._index.of_kind("timerTrigger"), self._store, self._clock, invoker)
            admin = AdminHttp(timers, read_secret(self._options.data_directory / "master-key"))
            own_routes = [*durable.routes(WEBHOOK_PATH, needs_key=True), *admin.routes()]
            await stack.enter_async_context(serving(public, [*own_routes, *self._app_routes(invoker)]))
            await self._until_stopped(engine, timers, lambda: on_ready(base_url))

    def _app_routes(self, invoker: Invoker) -> list[web.RouteDef]:
        prefix = self._config.route_prefix
        functions = FunctionHttp(self._index.of_kind("httpTrigger"), prefix, invoker)
        portal = Portal(self._options.app_directory / "portal/dist", self._config.portal_config)
        api = [web.route("*", f"/{prefix}/{{rest:.*}}", functions.handle)] if prefix else []
        return [*api, web.route("*", "/{rest:.*}", portal.handle if prefix else functions.handle)]

    async def _until_stopped(self, engine: Engine, timers: Timers, on_ready: Callable[[], None]) -> None:
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        serving_tasks = [loop.create_task(engine.run()), loop.create_task(timers.run())]
        waiting = loop.create_task(stopped.wait())
        announcing = loop.create_task(self._announce(on_ready))
        names = ", ".join(function.name for function in self._index.functions)
        log_line(f"serving {len(self._index.functions)} functions: {names}")
        await asyncio.wait([waiting, serving_tasks[0]], return_when=asyncio.FIRST_COMPLETED)
        for task in (*serving_tasks, waiting, announcing):
            task.cancel()
        results = await asyncio.gather(*serving_tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _announce(self, on_ready: Callable[[], None]) -> None:
        """An app without a health function is ready when it is served."""
        url = f"http://{_LOOPBACK}:{self._options.port}/{self._config.route_prefix}/health"
        seconds = _HEALTH_SECONDS
        async with ClientSession() as session:
            while True:
                async with session.get(url) as response:
                    if response.status != web.HTTPServiceUnavailable.status_code:
                        on_ready()
                        return
                await asyncio.sleep(seconds)
                seconds = min(2 * seconds, _LONGEST_HEALTH_SECONDS)


@contextlib.asynccontextmanager
async def serving(listener: socket.socket, routes: list[web.RouteDef]) -> AsyncIterator[None]:
    """An HTTP server on an open socket, for the time of the block."""
    application = web.Application(client_max_size=_MAX_BODY_BYTES)
    application.add_routes(routes)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()


def read_secret(path: Path) -> str:
    """A random secret, made once, readable by its owner only."""
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text()
