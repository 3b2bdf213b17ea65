"""`python -m devstack.microsoft365`: serves both origins over TLS until SIGTERM or SIGINT."""

import argparse
import asyncio
import signal
import ssl
import sys
from pathlib import Path

from aiohttp import web

from devstack.microsoft365.admin_center import AdminCenter
from devstack.microsoft365.control import Control
from devstack.microsoft365.graph import Graph
from devstack.microsoft365.login import Login
from devstack.microsoft365.scenario import read_scenario
from devstack.microsoft365.tokens import Signer
from devstack.microsoft365.world import World


def main() -> int:
    """0 after a stop."""
    parser = argparse.ArgumentParser(prog="devstack.microsoft365", description=__doc__)
    for name in ("--scenario", "--certificate", "--key", "--signing-key"):
        parser.add_argument(name, type=Path, required=True)
    for name in ("--login-port", "--graph-port"):
        parser.add_argument(name, type=int, required=True)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments))
    return 0


async def serve(arguments: argparse.Namespace) -> None:
    """Serves until stopped; prints `ready` when both origins answer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(arguments.certificate, arguments.key)
    login, graph = (f"https://localhost:{port}" for port in (arguments.login_port, arguments.graph_port))
    world = World(read_scenario(arguments.scenario), login, graph, signer=Signer.kept_in(arguments.signing_key))
    tables = {
        arguments.login_port: [*Control(world).routes(), *AdminCenter(world).routes(), *Login(world).routes()],
        arguments.graph_port: Graph(world).routes(),
    }
    runners = [await _listen(routes, port, context) for port, routes in tables.items()]
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    print("ready", flush=True)
    await stopped.wait()
    for runner in runners:
        await runner.cleanup()


async def _listen(routes: list[web.RouteDef], port: int, context: ssl.SSLContext) -> web.AppRunner:
    application = web.Application()
    application.add_routes(routes)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    return runner


if __name__ == "__main__":
    sys.exit(main())
