"""Serves the simulated PSAs, each origin on a port of its own."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from aiohttp import web

from devstack.psa.control import Control
from devstack.psa.spec import PsaScenario
from devstack.psa.world import World

_FAREWELL_SECONDS: Final = 0.05
"""TLS connections take some turns of the loop to close."""


def tls(certificate: Path, key: Path) -> ssl.SSLContext:
    """With this certificate: the clients send credentials over nothing but https."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@asynccontextmanager
async def served(scenario: PsaScenario, ports: Mapping[str, int], context: ssl.SSLContext) -> AsyncIterator[World]:
    """The world while all of its origins answer; `ports` by the names of `ORIGINS`, 0 for a free one."""
    world = World(scenario)
    runners: list[web.AppRunner] = []
    try:
        for name, application in (*world.applications(), ("control", Control(world).application())):
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
            runners.append(runner)
            world.origins[name] = f"https://localhost:{await _listen(runner, ports[name], context)}"
        yield world
    finally:
        for runner in runners:
            await _end(runner)
        await asyncio.sleep(_FAREWELL_SECONDS)


async def _listen(runner: web.AppRunner, port: int, context: ssl.SSLContext) -> int:
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    return int(runner.addresses[0][1])


async def _end(runner: web.AppRunner) -> None:
    """Does not wait for clients that leave their connections open: TLS would, for half a minute."""
    transports = [connection.transport for connection in runner.server.connections] if runner.server else []
    await runner.cleanup()
    for transport in transports:
        if transport is not None:
            transport.abort()
