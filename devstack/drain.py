"""Drains a deployment before a release that needs it: `python3 -m devstack.drain https://<host>`.

Pauses all syncs and waits until nothing is in flight; `--resume` lets them begin again. The environment's TOKEN is an
access token of the API, of somebody with Onboarding.Ops in the operator's tenant. Standard library only.

Ends with 0 when that is done, 1 when the time is up (what is left is told) or somebody has resumed meanwhile, 2 for a
wrong call, 3 when the deployment refuses or is away, 130 when it is interrupted.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.client import HTTPException
from typing import Any, Final, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

_POLL_SECONDS: Final = 2.0
_TIMEOUT_SECONDS: Final = 60
_MOST_FAILURES: Final = 5
"""In a row: an instance may restart while it drains."""
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_INTERRUPTED: Final = 130


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
    token = os.environ.get("TOKEN", "").strip()
    if not (token and token.isascii() and token.isprintable()):  # an error of the header would tell it
        parser.error("set TOKEN to an access token of the API")
    if not _is_private(options.url):
        parser.error(f"{options.url} does not begin with https://, so the token could be read on its way")
    try:
        return act(lambda method: _send(options.url, token, method), options.seconds, time, resumes=options.resume)
    except (RefusedError, OSError, HTTPException) as error:
        _tell(error)
        return 3
    except KeyboardInterrupt:
        return _INTERRUPTED


def act(ask: Callable[[str], dict[str, Any]], seconds: float, clock: Clock, *, resumes: bool) -> int:
    """`ask` sends a method to `/api/ops/drain` and gives its answer; raises what `ask` raises."""
    if resumes:
        state = ask("DELETE")
        _tell("SYNC_PAUSED still holds syncs back." if state["paused"] else "Syncs begin again within five minutes.")
        return int(state["paused"])
    return wait_until_drained(ask, seconds, clock)


def wait_until_drained(ask: Callable[[str], dict[str, Any]], seconds: float, clock: Clock) -> int:
    """0 once nothing is in flight, 1 when the time is up or somebody resumes; tells whenever the numbers change."""
    deadline, state = clock.monotonic() + seconds, ask("PUT")
    try:
        return _wait(ask, state, deadline, clock)
    except BaseException:
        _tell("Syncs stay paused: call again to wait on, with --resume to let them begin.")
        raise


def _wait(ask: Callable[[str], dict[str, Any]], state: dict[str, Any], deadline: float, clock: Clock) -> int:
    told = ""
    while not state["isDrained"]:
        if not state["paused"]:
            _tell("Syncs were resumed by somebody: call again to pause them.")
            return 1
        if (left := _describe(state)) != told:
            told = left
            _tell(f"In flight: {left}")
        if clock.monotonic() >= deadline:
            _tell("The time is up; syncs stay paused.")
            return 1
        state = _look_again(ask, clock)
    _tell("Paused, and nothing is in flight.")
    return 0


def _look_again(ask: Callable[[str], dict[str, Any]], clock: Clock) -> dict[str, Any]:
    for _ in range(_MOST_FAILURES - 1):
        clock.sleep(_POLL_SECONDS)
        with suppress(OSError, HTTPException):
            return ask("GET")
    clock.sleep(_POLL_SECONDS)
    return ask("GET")


def _describe(state: dict[str, Any]) -> str:
    return ", ".join(f"{item['work']} {'at least ' * item['isMore']}{item['count']}" for item in state["inFlight"])


def _is_private(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )


def _send(url: str, token: str, method: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    request = Request(f"{url.rstrip('/')}/api/ops/drain", method=method, headers=headers)
    try:
        with urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
            return _state_of(answer.status, answer.read())
    except HTTPError as error:
        raise _failure_of(error) from error


def _state_of(status: int, body: bytes) -> dict[str, Any]:
    with suppress(ValueError):
        state = json.loads(body)
        if isinstance(state, dict) and "isDrained" in state:
            return state
    raise _stranger(status)


def _failure_of(error: HTTPError) -> Exception:
    """A refusal is final, a server's failure may pass."""
    if error.code >= 500:  # noqa: PLR2004 - where HTTP begins to mean the server
        return URLError(f"the deployment answers {error.code}")
    try:
        problem = json.load(error)
        return RefusedError(f"{problem['title']} [{problem['code']}]. {problem['nextAction']}")
    except (ValueError, KeyError):
        return _stranger(error.code)


def _stranger(status: int) -> RefusedError:
    return RefusedError(f"The deployment answers {status}: is that the address of the API?")


def _tell(text: object) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
