"""`python -m devstack.psa`: serves the three PSAs over TLS until SIGTERM or SIGINT."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from devstack.psa.server import served, tls
from devstack.psa.spec import read_scenario
from devstack.psa.world import ORIGINS


def main() -> int:
    """0 after a stop."""
    parser = argparse.ArgumentParser(prog="devstack.psa", description=__doc__)
    for name in ("--scenario", "--certificate", "--key"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--ports", type=int, nargs=len(ORIGINS), metavar="PORT", required=True, help=" ".join(ORIGINS))
    asyncio.run(serve(parser.parse_args()))
    return 0


async def serve(arguments: argparse.Namespace) -> None:
    """Serves until stopped; prints `ready` when all origins answer."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    ports = dict(zip(ORIGINS, arguments.ports, strict=True))
    async with served(read_scenario(arguments.scenario), ports, tls(arguments.certificate, arguments.key)):
        print("ready", flush=True)
        await stopped.wait()


if __name__ == "__main__":
    sys.exit(main())
