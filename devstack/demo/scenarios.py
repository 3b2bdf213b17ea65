"""The ways an onboarding goes other than smoothly, each played to the end a technician would read."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from devstack.demo.journey import AdminBrowser, JourneyError, Portal, ProblemError, describe_problem
from devstack.demo.partner_stories import play_dap, play_gdap
from devstack.demo.proof import find_failures
from devstack.demo.psa_stories import play_psa
from devstack.demo.screen import Screen, render_summary
from devstack.stack import OTHER_MSP, Stack

PROVEN, UNEXPECTED, NOT_CONNECTED, SOMETHING_LEFT = 0, 1, 4, 5
"""Exit codes: all is well; the scenario ended in another way than it should; nothing was connected, and why was told;
connected, but something is left to do, which was told."""

OTHER_TENANT: Final = "d3300000-0000-4000-8000-0000000f4b1a"
_LINK_SECONDS: Final = 2

Status = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ending:
    """What a technician reads at the end: the sync-status, if there is one, and the problems."""

    status: Status | None
    problems: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`tenant` changes the simulated tenant; `state` and `problem` are what the story must end with."""

    about: str
    play: Callable[[Stack, Screen, str], Ending]
    exit_code: int
    problem: str
    state: str = ""
    tenant: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    partner: Mapping[str, Any] = field(default_factory=dict)
    """What the MSP's own tenant has, see `Stack.partner`."""
    has_psa: bool = False
    """Whether the MSP has all three PSAs, with the demo's tenants among their companies."""


def _follow(portal: Portal, tenant_id: str, screen: Screen) -> Ending:
    status: Status = {}
    for status in portal.follow(tenant_id):
        screen.show(status)
    problems = [status["problem"], *(item["problem"] for item in status["resources"].values())]
    return Ending(status, [problem for problem in problems if problem])


def _onboard(stack: Stack, screen: Screen, domain: str, *, action: str = "accept", account: str = "") -> Ending:
    portal = Portal(stack)
    connected = portal.connect(domain, "Contoso")
    landed = AdminBrowser(stack).open(connected["authUrl"], action, account)
    screen.say(f"The administrator's browser ended at {landed.removeprefix(stack.api)}")
    return _follow(portal, connected["tenantId"], screen)


def _decline(stack: Stack, screen: Screen, domain: str) -> Ending:
    return _onboard(stack, screen, domain, action="decline")


def _wrong_tenant(stack: Stack, screen: Screen, domain: str) -> Ending:
    return _onboard(stack, screen, domain, account=OTHER_TENANT)


def _propagation(stack: Stack, screen: Screen, domain: str) -> Ending:
    """The waiting is the point: it must have been shown."""
    portal = Portal(stack)
    connected = portal.connect(domain, "Contoso")
    AdminBrowser(stack).open(connected["authUrl"])
    waits: list[Mapping[str, Any]] = []
    status: Status = {}
    for status in portal.follow(connected["tenantId"]):
        screen.show(status)
        if status["state"] == "verifying" and status["waiting"]:
            waits.append({"code": status["waiting"]["reason"]})
    return Ending(status, waits[:1])


def _storm(stack: Stack, screen: Screen, domain: str) -> Ending:
    """Everything must arrive all the same, and the waiting must have been shown."""
    portal = Portal(stack)
    connected = portal.connect(domain, "Contoso")
    AdminBrowser(stack).open(connected["authUrl"])
    waits: list[Mapping[str, Any]] = []
    status: Status = {}
    for status in portal.follow(connected["tenantId"]):
        screen.show(status)
        if status["waiting"]:
            waits.append({"code": status["waiting"]["reason"]})
    for line in render_summary(status):
        screen.say(line)
    retries = sum(item["retries"] for item in status["resources"].values())
    screen.say(f"{status['throttledSeconds']} seconds waited for Microsoft, {retries} retries.")
    if failures := find_failures(status, stack.truth(connected["tenantId"])):
        raise JourneyError("\n".join(failures))
    screen.say("Every number is proven and equals the simulated tenant.")
    return Ending(status, waits[:1])


def _weather(path: str) -> list[dict[str, Any]]:
    """Everything that can go wrong with a listing, one after the other and some of it twice."""
    kinds = {
        "unavailable": (3, 2),
        "throttle": (4, 2),
        "throttle_date": (5, 1),
        "drop": (6, 2),
        "throttle_no_header": (7, 1),
        "truncate": (8, 2),
        "error_in_200": (9, 1),
        "expired_token": (10, 2),
        "duplicate": (11, 2),
        "empty_page": (13, 1),
        "expired_page": (17, 1),
    }
    return [
        {"path": path, "kind": kind, "everyNth": nth, "times": times, "retryAfterSeconds": 2}
        for kind, (nth, times) in kinds.items()
    ]


_STORM_PATHS: Final = (
    "/v1.0/users",
    "/v1.0/groups",
    "/v1.0/groups/delta",
    "/v1.0/deviceManagement/managedDevices",
    "/v1.0/users/$count",
)


def _already_connected(stack: Stack, screen: Screen, domain: str) -> Ending:
    """First by the same MSP, who is told its customer; then by another, who is told nothing."""
    _onboard(stack, screen, domain)
    problems = []
    for portal in (Portal(stack), Portal(stack, msp=OTHER_MSP)):
        try:
            portal.connect(domain, "Contoso again")
        except ProblemError as error:
            problems.append(error.problem)
    return Ending(None, problems)


def _expired_link(stack: Stack, screen: Screen, domain: str) -> Ending:
    portal = Portal(stack)
    connected = portal.connect(domain, "Contoso")
    screen.say(f"The administrator opens the link after {_LINK_SECONDS} seconds, which here is too late.")
    time.sleep(_LINK_SECONDS + 0.5)
    AdminBrowser(stack).open(connected["authUrl"])
    return _follow(portal, connected["tenantId"], screen)


DEMO_TENANT: Final = "d3300000-0000-4000-8000-0000000c0de5"

SCENARIOS: Final[Mapping[str, Scenario]] = {
    "psa": Scenario(
        about="customers come from ConnectWise, Autotask and HaloPSA; a ticket is told how the onboarding goes",
        play=lambda *stage: Ending(*play_psa(*stage)),
        state="completed",
        problem="ticket_closed",
        exit_code=PROVEN,
        has_psa=True,
    ),
    "gdap": Scenario(
        about="the tenant is connected with GDAP: approval, roles of a group, what is missing, extension, end",
        play=lambda *stage: Ending(*play_gdap(*stage)),
        state="completed",
        problem="gdap_roles_missing",
        exit_code=PROVEN,
    ),
    "dap": Scenario(
        about="customers are moved from DAP to GDAP; a new DAP is refused",
        play=lambda *stage: Ending(*play_dap(*stage)),
        problem="dap_legacy",
        exit_code=SOMETHING_LEFT,
        partner={"contracts": [DEMO_TENANT, OTHER_TENANT]},
    ),
    "decline": Scenario(
        about="the administrator presses Cancel (AADSTS65004)",
        play=_decline,
        state="declined",
        problem="consent_declined",
        exit_code=NOT_CONNECTED,
    ),
    "wrong-tenant": Scenario(
        about="the administrator consents with an account of another tenant",
        play=_wrong_tenant,
        state="wrong_tenant",
        problem="wrong_tenant",
        exit_code=NOT_CONNECTED,
    ),
    "slow-propagation": Scenario(
        about="consent takes a while to reach Microsoft's services",
        play=_propagation,
        state="completed",
        problem="propagation",
        exit_code=PROVEN,
        tenant={"propagationSeconds": 8},
    ),
    "missing-permission": Scenario(
        about="one permission was not granted",
        play=_onboard,
        state="completed_with_issues",
        problem="permission_missing",
        exit_code=SOMETHING_LEFT,
        tenant={
            "grantedPermissions": [
                "User.Read.All",
                "Group.Read.All",
                "Directory.Read.All",
                "DeviceManagementManagedDevices.Read.All",
                "Reports.Read.All",
            ]
        },
    ),
    "unlicensed-intune": Scenario(
        about="the tenant has no Intune",
        play=_onboard,
        state="completed",
        problem="not_licensed",
        exit_code=PROVEN,
        tenant={"intune": False},
    ),
    "concealed-names": Scenario(
        about="Microsoft 365 reports hide whose mailbox it is",
        play=_onboard,
        state="completed",
        problem="names_concealed",
        exit_code=PROVEN,
        tenant={"concealedNames": True},
    ),
    "already-connected": Scenario(
        about="the tenant is connected already, by the same MSP and by another",
        play=_already_connected,
        problem="tenant_already_connected",
        exit_code=NOT_CONNECTED,
    ),
    "storm": Scenario(
        about="20,000 users, while Microsoft throttles, fails, drops connections and forgets pages and tokens",
        play=_storm,
        state="completed",
        problem="throttled",
        exit_code=PROVEN,
        tenant={"users": 20_000, "faults": [fault for path in _STORM_PATHS for fault in _weather(path)]},
    ),
    "expired-link": Scenario(
        about="the administrator opens the link too late",
        play=_expired_link,
        state="expired",
        problem="link_expired",
        exit_code=NOT_CONNECTED,
        environment={"CONSENT_LINK_SECONDS": str(_LINK_SECONDS)},
    ),
}


def play_scenario(name: str, stack: Stack, screen: Screen, domain: str) -> tuple[int, Ending]:
    """Plays it, prints what is left to do, and says whether it ended as it should."""
    scenario = SCENARIOS[name]
    ending = scenario.play(stack, screen, domain)
    screen.say("")
    for problem in ending.problems:
        if problem.get("nextAction"):
            screen.say(describe_problem(problem))
    state = ending.status["state"] if ending.status else ""
    if state != scenario.state or scenario.problem not in [problem["code"] for problem in ending.problems]:
        raise JourneyError(f"{name} ended as {state or 'nothing'}, not as it should.")
    screen.say(f"Ended as {state or scenario.problem}. Exit code {scenario.exit_code}.")
    return scenario.exit_code, ending
