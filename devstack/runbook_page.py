"""docs/runbook.md: where operations look first for each of our codes; what to do comes from the catalogue."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tenantsync.guidance import Owner
from tenantsync.problems import Problem, all_problems


@dataclass(frozen=True, slots=True)
class _Place:
    """Where codes show themselves first; they are named whole, or by how they begin when they end in `_`."""

    title: str
    look: str
    codes: tuple[str, ...]


_PLACES: Final = (
    _Place(
        "The service itself",
        "`GET /api/ops/health`; in the log `request_failed` and `request_crashed` with the correlation id, then the"
        " resource's metrics in Azure.",
        ("service_unavailable", "internal_error", "storage_unavailable", "newer_release", "vault_", "write_conflict"),
    ),
    _Place(
        "Our registration with Microsoft",
        "The app registration: credentials, redirect addresses, account types. One tenant failing is the tenant's;"
        " all failing at once is ours. In the log `consent_not_verified`.",
        (
            "app_",
            "credential_rejected",
            "redirect_uri_mismatch",
            "token_mismatch",
            "tenant_in_",
            "operation_unavailable",
        ),
    ),
    _Place(
        "A setting is missing",
        "The function app's settings ([settings](settings.md)); a reference to the vault that is unresolved there has"
        " no secret, or the identity no role.",
        ("invitations_unavailable", "webhooks_unavailable", "psa_not_set_up", "psa_integration_refused"),
    ),
    _Place(
        "A sync, or one resource of it",
        "`GET /api/ops/runs?tenantId=` and the run's `timeline` and `resources`; in the log `slice_failed` with its id."
        " Many tenants at once: Microsoft's service health, and `GET /api/ops/throttling`.",
        (
            *("permission_missing", "not_licensed", "throttled", "microsoft_unavailable", "page_expired"),
            *("unexpected_answer", "count_mismatch", "objects_unusable", "names_concealed", "no_subscription"),
            *("no_baseline_yet", "empty_answer", "sync_running", "cancelled", "ended_by_ops", "switched_off"),
            *("run_unknown", "history_unknown", "resource_unknown", "needs_reconsent"),
        ),
    ),
    _Place(
        "Consent and sign-in",
        "sync-status of the connection and the tenant's audit trail; in the log `consent_not_verified`,"
        " `connection_closed`, `callback_delayed`. Microsoft's own code is in `microsoftCode`:"
        " [troubleshooting](troubleshooting.md).",
        (
            *(
                "invalid_state",
                "link_",
                "admin_role_",
                "mfa_required",
                "subscription_missing",
                "state_used",
                "consent_",
            ),
            *("wrong_tenant", "sign_in_failed", "grant_not_found", "transfer_unproven"),
        ),
    ),
    _Place(
        "PSAs",
        "`GET /api/msp-portal/psa/{provider}`; in the log `company_slice_failed`, `company_syncs_not_started` and, for"
        " tickets, `ticket_note_not_taken`. Then the vendor's status page.",
        ("psa_",),
    ),
    _Place(
        "GDAP and DAP",
        "`GET /api/msp-portal/relationships` and the permissions granted in the MSP's own tenant"
        " ([operations](operations.md)); in the log `relationships_not_watched`.",
        (
            *("partner_", "relationship_", "security_group_unusable", "approval_expired", "role_assignment_failed"),
            *("gdap_roles_missing", "dap_", "move_unknown", "access_model_unsupported"),
        ),
    ),
    _Place(
        "Requests",
        "In the log `request_refused` with `problem=` and path. Singly, nothing for operations; many of one kind: a"
        " caller that is broken, or probing.",
        (
            *("invalid_", "payload_too_large", "unauthenticated", "role_missing", "operator_only"),
            *("msp_not_allowed", "not_found"),
            *(
                "tenant_not_found",
                "tenant_unknown",
                "tenant_already_connected",
                "tenant_disconnecting",
                "tenant_changed",
            ),
            *(
                "tenant_repeated",
                "customer_",
                "rate_limited",
                "transfer_unknown",
                "transfer_closed",
                "transfer_pending",
            ),
            *("operation_unknown", "reference_taken", "batch_unknown", "idempotency_key_used", "suggestion_unknown"),
            *("webhook_invalid",),
        ),
    ),
)
_OTHERS: Final = {
    Owner.TECHNICIAN: "The technician",
    Owner.CUSTOMER_ADMIN: "The customer's administrator",
    Owner.MICROSOFT: "Microsoft",
}


def runbook_page() -> Iterator[str]:
    """The page's lines; raises LookupError for a code that no place has."""
    yield "# Runbook by code"
    yield ""
    yield "Made from `tenantsync/problems.py` by `python3 dev.py docs`. For alerts, restoring, rotating and moving see"
    yield "[operations](operations.md); for Microsoft's codes [troubleshooting](troubleshooting.md)."
    yield ""
    yield "Every code is in the log as `problem=<code>`. In the workspace, by hour and code:"
    yield ""
    yield "```kusto"
    yield "AppTraces | where TimeGenerated > ago(1d) | extend code = extract('problem=([a-z_]+)', 1, Message)"
    yield "| where isnotempty(code) | summarize count() by code, bin(TimeGenerated, 1h)"
    yield "```"
    for place in _PLACES:
        yield from ("", f"## {place.title}", "", f"Look at: {place.look}", "")
        yield from ("| Code | What happened | Operations do |", "|---|---|---|")
        for problem in all_problems():
            if place_of(problem.code) == place.title:
                yield f"| `{problem.code}` | {problem.title} | {_action(problem)} |"


def place_of(code: str) -> str:
    """The title of its place: the one that names the code, else the first that names how it begins."""
    named = [place for place in _PLACES if code in place.codes]
    begun = [place for place in _PLACES if code.startswith(tuple(item for item in place.codes if item[-1] == "_"))]
    for place in (*named, *begun):
        return place.title
    raise LookupError(code)


def _action(problem: Problem) -> str:
    action = problem.next_action.replace("|", "\\|")
    return action if problem.owner == Owner.MSP_OPS else f"{_OTHERS[problem.owner]}'s move: {action}"
