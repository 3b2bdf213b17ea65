"""What a run came to, by its resources, in one word and in one problem."""

from collections.abc import Sequence
from typing import Any, Final

from tenantsync.resources.registry import find_resource
from tenantsync.store.progress import ResourceProgress, ResourceState
from tenantsync.store.runs import Run, RunState
from tenantsync.store.tenants import TenantState

_NO_ISSUE: Final = frozenset({"not_licensed", "switched_off"})
_GONE: Final = frozenset(f"AADSTS{number}" for number in (65001, 650056, 700016, 7000229, 7000112, 70001, 1000031))


def is_gone(problem_code: str, microsoft_code: str) -> bool:
    """Whether a refusal really means that consent was taken back; anything else may pass and proves nothing."""
    return problem_code == "consent_lost" or microsoft_code in _GONE


def state_after(run: Run) -> str:
    """The state a run that has ended leaves its tenant in."""
    is_lost = run.kind != "initial" and is_gone(run.problem_code, run.problem_microsoft_code)
    return TenantState.REVOKED if is_lost else run.state


def verdict_of(resources: Sequence[ResourceProgress]) -> RunState:
    """The state of a run whose resources have all ended."""
    if all(item.state == ResourceState.FAILED for item in resources):
        return RunState.FAILED
    return RunState.COMPLETED if all(map(_is_fine, resources)) else RunState.COMPLETED_WITH_ISSUES


def problem_of(run: Run, resources: Sequence[ResourceProgress]) -> dict[str, Any]:
    """Why it did not simply complete, as a tenant's row keeps it; empty when it did.

    The run's own problem, else the first one among its resources, with the names of all that have it.
    """
    if run.problem_code:
        said = {"problem_message": run.problem_message, "problem_microsoft_code": run.problem_microsoft_code}
        return {"problem_code": run.problem_code, **said}
    issues = [item for item in resources if item.problem_code and not _is_fine(item)]
    if not issues:
        return {}
    code = issues[0].problem_code
    concerned = ", ".join(_title_of(item) for item in issues if item.problem_code == code)
    return {"problem_code": code, "problem_message": concerned}


def _is_fine(item: ResourceProgress) -> bool:
    """Complete, or left out for want of a licence or because the MSP does not want it."""
    is_left_out = item.state == ResourceState.SKIPPED and item.problem_code in _NO_ISSUE
    return item.state == ResourceState.COMPLETED or is_left_out


def _title_of(item: ResourceProgress) -> str:
    spec = find_resource(item.resource)
    return spec.title if spec else item.resource
