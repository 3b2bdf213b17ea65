"""`dev.py demo`: starts a stack of its own, connects a tenant, checks every number against the simulator's truth."""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import requests

from devstack.claims import BusyError
from devstack.demo.journey import AdminBrowser, JourneyError, Portal
from devstack.demo.proof import find_failures
from devstack.demo.scenarios import DEMO_TENANT, OTHER_TENANT, SCENARIOS, play_scenario
from devstack.demo.screen import Screen, render_summary
from devstack.processes import StackError
from devstack.psa.local import LocalPsa, company_of
from devstack.stack import Stack
from devstack.storage import StorageError

_DOMAIN: Final = "contoso.com"
_LARGE: Final = 50_000
"""Users. Azurite ends at some 580,000 rows, which is what about 90,000 users bring."""
_STORY_USERS: Final = 200


def main() -> int:
    """0 when the run is completed and every number is proven, 1 when not, 3 when the stack did not come up.

    A scenario may also end with 4 (nothing was connected, as it should be) or 5 (something is left to do).
    """
    parser = argparse.ArgumentParser(prog="dev.py demo", description=__doc__)
    parser.add_argument("--users", type=int, default=1000, help="size of the simulated tenant (default 1000)")
    known = "; ".join(f"{name}: {scenario.about}" for name, scenario in SCENARIOS.items())
    parser.add_argument("--scenario", choices=SCENARIOS, metavar="NAME", help=f"play instead: {known}")
    parser.add_argument("--json", action="store_true", help="print the final sync-status as JSON, and nothing else")
    parser.add_argument(
        "--data", type=Path, help="keep the data here, traces and metrics too (default: a temporary folder)"
    )
    arguments = parser.parse_args()
    if arguments.users < 1:
        parser.error("--users must be at least 1")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with tempfile.TemporaryDirectory(prefix="opspilot365-") as temporary:
            directory = arguments.data or Path(temporary)
            if arguments.scenario:
                return play_story(directory, arguments.scenario, as_json=arguments.json)
            return play(directory, arguments.users, as_json=arguments.json)
    except (StackError, StorageError, BusyError) as error:
        print(error, file=sys.stderr)
        return 3
    except (JourneyError, requests.RequestException) as error:
        print(f"The demo stopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


def play(directory: Path, users: int, *, as_json: bool) -> int:
    """The whole demo; the exit code."""
    screen = Screen()
    screen.say("Starting the simulator, the table store and the Functions host ...")
    tenant = {"tenantId": DEMO_TENANT, "domain": _DOMAIN, "displayName": "Contoso", "users": users}
    is_large = users > _LARGE
    if is_large:
        screen.say("That is more than Azurite holds, so the rows go to the table service for large runs.")
    with Stack(directory, [tenant], is_large=is_large, is_traced=True) as stack:
        started = time.monotonic()
        status = onboard(stack, screen)
        seconds = time.monotonic() - started
        failures = find_failures(status, stack.truth(DEMO_TENANT))
        report(stack, screen, status, seconds)
    for failure in failures:
        screen.say(failure)
    screen.say("Not proven: see above." if failures else "Every number is proven and equals the simulated tenant.")
    if as_json:
        print(json.dumps(status))
    return 1 if failures else 0


def play_story(directory: Path, name: str, *, as_json: bool) -> int:
    """One scenario on a stack of its own; its exit code."""
    screen, scenario = Screen(), SCENARIOS[name]
    screen.say(f"{name}: {scenario.about}.")
    tenant = {"tenantId": DEMO_TENANT, "domain": _DOMAIN, "displayName": "Contoso", "users": _STORY_USERS}
    other = {"tenantId": OTHER_TENANT, "domain": "fabrikam.com", "displayName": "Fabrikam", "users": 50}
    tenants, environment = [{**tenant, **scenario.tenant}, other], scenario.environment
    psa = LocalPsa({"companies": 60, "known": [company_of(item) for item in tenants]}) if scenario.has_psa else None
    with Stack(
        directory, tenants, extra_environment=environment, partner=scenario.partner, psa=psa, is_traced=True
    ) as stack:
        code, ending = play_scenario(name, stack, screen, _DOMAIN)
    if as_json:
        print(json.dumps({"scenario": name, "status": ending.status, "problems": ending.problems}))
    return code


def onboard(stack: Stack, screen: Screen) -> dict[str, Any]:
    """Connect, consent, sign in, watch; the final status."""
    portal = Portal(stack)
    connected = portal.connect(_DOMAIN, "Contoso")
    screen.say(f"Connecting {_DOMAIN}: tenant {connected['tenantId']}")
    landed = AdminBrowser(stack).open(connected["authUrl"])
    screen.say(f"The administrator accepted and signed in: {landed.partition('?')[2]}")
    status: dict[str, Any] = {}
    for status in portal.follow(connected["tenantId"]):
        screen.show(status)
    return status


def report(stack: Stack, screen: Screen, status: Mapping[str, Any], seconds: float) -> None:
    """The summary for people."""
    for line in render_summary(status):
        screen.say(line)
    objects = sum(item["certificate"]["stored"] for item in status["resources"].values())
    memory, cpu = stack.host_usage()
    screen.say(f"{objects:,} objects in {seconds:.1f} s: {objects / seconds:,.0f} a second.")
    screen.say(f"Functions host: {memory:.0f} MB at its peak, {cpu:.1f} s of CPU.")


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
