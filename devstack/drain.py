"""Drains a deployment before a release that needs it: `python3 -m devstack.drain https://<host>`.

Pauses all syncs and waits until nothing is in flight; `--resume` lets them begin again. The environment's TOKEN is an
access token of the API, of somebody with Onboarding.Ops in the operator's tenant. Standard library only.

Ends with 0 when that is done, 1 when the time is up (what is left is told), 2 for a wrong call, 3 when the deployment
refuses or is away.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

_POLL_SECONDS: Final = 2.0
_TIMEOUT_SECONDS: Final = 60
_MOST_FAILURES: Final = 5
"""In a row: an instance may restart while it drains."""


class RefusedError(Exception):
    """The deployment says no; the text says why and what to do."""


class Clock(Protocol):
    """Seconds since any moment, and waiting; `time` is one."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float, /) -> None: ...


def main(arguments: Sequence[str]) -> int:
    """Exit code as above."""
    parser = argparse.ArgumentParser(prog="python3 -m devstack.drain", description=__doc__)
    parser.add_argument("url", help="where the API is, such as https://<host>")
    parser.add_argument("--seconds", type=float, default=3600, help="how long to wait (3600)")
    parser.add_argument("--resume", action="store_true", help="end the pause")
    options = parser.parse_args(arguments)
    token = os.environ.get("TOKEN", "")
    if not token:
        parser.error("set TOKEN to an access token of the API")
    try:
        return act(lambda method: _send(options.url, token, method), options.seconds, time, resumes=options.resume)
    except (RefusedError, OSError) as error:
        _tell(error)
        return 3


def act(ask: Callable[[str], dict[str, Any]], seconds: float, clock: Clock, *, resumes: bool) -> int:
    """`ask` sends a method to `/api/ops/drain` and gives its answer; raises what `ask` raises."""
    if resumes:
        state = ask("DELETE")
        _tell("SYNC_PAUSED still holds syncs back." if state["paused"] else "Syncs begin again within five minutes.")
        return int(state["paused"])
    return wait_until_drained(ask, seconds, clock)


def wait_until_drained(ask: Callable[[str], dict[str, Any]], seconds: float, clock: Clock) -> int:
    """0 once nothing is in flight, 1 when the time is up; tells whenever the numbers have changed."""
    deadline, told, failures, state = clock.monotonic() + seconds, "", 0, ask("PUT")
    while not state["isDrained"]:
        if (left := _describe(state)) != told:
            told = left
            _tell(f"In flight: {left}")
        if clock.monotonic() >= deadline:
            _tell("The time is up; syncs stay paused.")
            return 1
        clock.sleep(_POLL_SECONDS)
        try:
            state, failures = ask("GET"), 0
        except OSError:
            failures += 1
            if failures >= _MOST_FAILURES:
                raise
    _tell("Paused, and nothing is in flight.")
    return 0


def _describe(state: dict[str, Any]) -> str:
    counts = (f"{item['work']} {'at least ' * item['isMore']}{item['count']}" for item in state["inFlight"])
    return ", ".join(counts) or "nothing, but syncs were resumed by somebody"


def _send(url: str, token: str, method: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    request = Request(f"{url.rstrip('/')}/api/ops/drain", method=method, headers=headers)
    try:
        with urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
            state: dict[str, Any] = json.load(answer)
            return state
    except HTTPError as error:
        raise _failure_of(error) from error


def _failure_of(error: HTTPError) -> Exception:
    """A refusal is final, a server's failure may pass."""
    if error.code >= 500:  # noqa: PLR2004 - where HTTP begins to mean the server
        return URLError(f"the deployment answers {error.code}")
    try:
        problem = json.load(error)
        return RefusedError(f"{problem['title']} [{problem['code']}]. {problem['nextAction']}")
    except (ValueError, KeyError):
        return RefusedError(f"The deployment answers {error.code}: is that the address of the API?")


def _tell(text: object) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
