"""The simulated PSAs in the test's own process: all their origins over TLS, by a thread, with a world to look into."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from devstack.certificates import make_certificates
from devstack.psa.server import served, tls
from devstack.psa.spec import PsaScenario
from devstack.psa.world import ORIGINS, World


@dataclass(frozen=True)
class RunningPsa:
    """`http` trusts the simulators' certificate; `ca` is its file."""

    world: World
    ca: Path
    http: requests.Session

    def origin(self, name: str) -> str:
        """Of one of `ORIGINS`."""
        return self.world.origins[name]

    def control(self, method: str, path: str, document: dict[str, Any] | None = None) -> Any:
        """A call below `/_simulator/`; its JSON, None where there is none."""
        url = f"{self.origin('control')}/_simulator/{path}"
        answer = self.http.request(method, url, json=document, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def change(self, vendor: str, **settings: Any) -> None:
        """Settings of a PSA from now on, in the names of its JSON."""
        self.control("PUT", vendor, settings)

    def companies(self, vendor: str) -> list[dict[str, Any]]:
        """The truth."""
        rows: list[dict[str, Any]] = self.control("GET", f"{vendor}/companies")["companies"]
        return rows


@contextmanager
def running_psa(directory: Path, scenario: PsaScenario) -> Iterator[RunningPsa]:
    """For the time of the block."""
    certificates = make_certificates(directory)
    context = tls(certificates.certificate, certificates.key)
    started: Future[tuple[World, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        stopped = asyncio.Event()
        async with served(scenario, dict.fromkeys(ORIGINS, 0), context) as world:
            started.set_result((world, asyncio.get_running_loop(), stopped))
            await stopped.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    world, loop, stopped = started.result(timeout=10)
    try:
        with requests.Session() as session:
            session.trust_env, session.verify = False, str(certificates.ca)
            yield RunningPsa(world, certificates.ca, session)
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(timeout=10)
