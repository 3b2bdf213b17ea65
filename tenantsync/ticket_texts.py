"""What an onboarding's ticket is told, in words a technician can act on. No link and no person is named."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tenantsync.problems import find_problem
from tenantsync.resources.registry import RESOURCES
from tenantsync.store.connections import Connection
from tenantsync.store.progress import ResourceProgress, ResourceState
from tenantsync.store.runs import Run, RunState

_OUTCOMES: Final = {
    RunState.COMPLETED: "is complete",
    RunState.COMPLETED_WITH_ISSUES: "is done, but something is left to do",
    RunState.FAILED: "has failed",
    RunState.CANCELLED: "was cancelled",
}
_QUIET: Final = frozenset({"not_licensed", "switched_off"})


def link_made(connection: Connection) -> str:
    """The consent link exists; the link itself is for the administrator alone."""
    return (
        f"The consent link for {_tenant_of(connection)} was made. Send it to the customer's Global Administrator; "
        f"it can be used until {connection.expires_at}."
    )


def link_closed(connection: Connection) -> str:
    """The connection has ended before its sync."""
    problem = find_problem(
        connection.problem_code or "link_cancelled", connection.problem_message, connection.problem_microsoft_code
    )
    return f"Connecting {_tenant_of(connection)} has ended. {_problem_line(problem.to_json())}"


def consent_verified() -> str:
    """Microsoft confirms the consent."""
    return "The customer's administrator has consented, and Microsoft confirms it."


def sync_began(resources: Sequence[ResourceProgress]) -> str:
    """What is going to be read."""
    wanted = [_title_of(item.resource) for item in resources if not item.is_ended]
    return f"The inventory is being read: {', '.join(wanted) or 'nothing'}."


def outcome(run: Run, summary: Mapping[str, Any], resources: Sequence[ResourceProgress]) -> str:
    """How it ended, the numbers that are proven, and what is left to do."""
    head = f"The onboarding {_OUTCOMES.get(RunState(run.state), 'has ended')}."
    return "\n".join([head, *_numbers(summary), *_problems(run, resources)])


def _numbers(summary: Mapping[str, Any]) -> Iterator[str]:
    names = {"users": "Users", "groups": "Groups", "devices": "Devices", "mailboxes": "Mailboxes"}
    found = [f"{title}: {summary[name]}" for name, title in names.items() if summary.get(name) is not None]
    subscriptions = (summary.get("licenses") or {}).get("subscriptions")
    if subscriptions is not None:
        found.append(f"Subscriptions: {subscriptions}")
    if found:
        yield ", ".join(found) + "."


def _problems(run: Run, resources: Sequence[ResourceProgress]) -> Iterator[str]:
    if run.problem_code:
        problem = find_problem(run.problem_code, run.problem_message, run.problem_microsoft_code)
        yield _problem_line(problem.to_json())
    for item in resources:
        if item.problem_code and item.problem_code not in _QUIET and item.state != ResourceState.COMPLETED:
            problem = find_problem(item.problem_code, item.problem_message)
            yield f"{_title_of(item.resource)}: {_problem_line(problem.to_json())}"


def _problem_line(problem: Mapping[str, str]) -> str:
    return f"{problem['message']} Next ({problem['owner'].replace('_', ' ')}): {problem['nextAction']}"


def _title_of(resource: str) -> str:
    return next((spec.title for spec in RESOURCES if spec.key == resource), resource)


def _tenant_of(connection: Connection) -> str:
    return connection.tenant_domain or connection.tenant_id
