"""Every registered HTTP function with who may call it: the table the role and ownership tests are made from."""

from typing import Final

from tests.app import HttpFunction, http_functions

READ, CONNECT, SUPPORT, OPS = (f"Onboarding.{name}" for name in ("Read", "Connect", "Support", "Ops"))
ALL_ROLES: Final = (READ, CONNECT, SUPPORT, OPS)
ANYBODY: Final = frozenset({"consent_redirect", "invitation", "openapi", "health"})
ALLOWED: Final = {
    "connect_tenant": {CONNECT},
    "tenant_preflight": {CONNECT},
    "batch_send": {CONNECT},
    "batch_list": {READ},
    "batch_show": {READ},
    "consent_forwarded": {CONNECT},
    "sync_status": {READ},
    "run_list": {READ},
    "tenant_list": {READ},
    "tenant_details": {READ},
    "tenant_change": {CONNECT},
    "tenant_disconnect": {CONNECT},
    "tenant_resync": {CONNECT},
    "resource_retry": {CONNECT},
    "tenant_cancel": {CONNECT},
    "tenant_inventory": {READ},
    "permissions_show": {READ},
    "permissions_ask": {CONNECT},
    "permissions_drop": {CONNECT},
    "transfer_offer": {CONNECT, SUPPORT},
    "transfer_list": {READ},
    "transfer_accept": {CONNECT},
    "transfer_end": {CONNECT, SUPPORT},
    "psa_list": {READ},
    "psa_show": {READ},
    "psa_connect": {CONNECT},
    "psa_disconnect": {CONNECT},
    "psa_test": {CONNECT},
    "psa_sync": {CONNECT},
    "psa_sync_status": {READ},
    "customer_list": {READ},
    "customer_create": {CONNECT},
    "customer_details": {READ},
    "customer_change": {CONNECT},
    "customer_remove": {CONNECT},
    "suggestion_list": {READ},
    "suggestion_decide": {CONNECT},
    "relationship_list": {READ},
    "relationship_ask": {CONNECT},
    "relationship_templates": {READ},
    "relationship_show": {READ},
    "relationship_extend": {CONNECT},
    "relationship_end": {CONNECT},
    "dap_list": {READ},
    "dap_move": {CONNECT},
    "dap_move_show": {READ},
    "webhook_show": {CONNECT},
    "webhook_set": {CONNECT},
    "webhook_remove": {CONNECT},
    "audit": {CONNECT, SUPPORT, OPS},
    "code_help": set(ALL_ROLES),
    "ops_runs": {OPS},
    "ops_run": {OPS},
    "ops_run_history": {OPS},
    "ops_run_terminate": {OPS},
    "ops_run_purge": {OPS},
    "ops_resource_retry": {OPS},
    "ops_drain": {OPS},
    "ops_drain_begin": {OPS},
    "ops_drain_end": {OPS},
    "ops_throttling": {OPS},
    "ops_health": {OPS},
    "me_show": set(ALL_ROLES),
}
BODIES: Final = {
    "permissions_ask": {"operation": "manage_users"},
    "transfer_offer": {"toMspTenantId": "88888888-8888-4888-8888-888888888888"},
    "transfer_accept": {"customer": {"name": "Mine now"}},
    "tenant_change": {"tags": ["mine"]},
    "customer_create": {"name": "Mine"},
    "batch_send": {"items": [{"tenant": "contoso.com"}]},
    "customer_change": {"name": "Mine now"},
    "suggestion_decide": {"action": "reject"},
    "relationship_ask": {"tenant": "contoso.com"},
    "relationship_extend": {"autoExtend": True},
    "dap_move": {"all": True},
}
NOBODY: Final = "00000000-0000-4000-8000-000000000000"
FUNCTIONS: Final = http_functions()


def filled(function: HttpFunction, **values: str) -> str:
    """The function's path with values for its parameters."""
    known = {
        "tenantId": "",
        "transferId": "",
        "provider": "connectwise",
        "relationshipId": "",
        "moveId": "",
        "customerId": NOBODY,
        "suggestionId": NOBODY,
        "batchId": NOBODY,
        "runId": NOBODY,
        "resource": "users",
        "code": "65001",
        **values,
    }
    return function.path.format(**known)
