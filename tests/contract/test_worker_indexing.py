"""The app as Microsoft's Python worker sees it: indexing rules, names, and what indexing loads."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devstack.host.indexing import AppIndex
from devstack.host.schedule import parse_schedule
from tenantsync import wire
from tests.app import app_index

ROOT = Path(__file__).resolve().parents[2]
HTTP = {
    "connect_tenant": (["POST"], "msp-portal/tenants/connect"),
    "tenant_preflight": (["GET"], "msp-portal/tenants/preflight"),
    "batch_send": (["POST"], "msp-portal/tenants/connect-batches"),
    "batch_list": (["GET"], "msp-portal/tenants/connect-batches"),
    "batch_show": (["GET"], "msp-portal/tenants/connect-batches/{batchId}"),
    "invitation": (["GET"], "msp-portal/invitations"),
    "consent_redirect": (["GET"], "msp-portal/tenants/callback"),
    "consent_forwarded": (["POST"], "msp-portal/tenants/callback"),
    "sync_status": (["GET"], "msp-portal/tenants/{tenantId}/sync-status"),
    "tenant_list": (["GET"], "msp-portal/tenants"),
    "tenant_details": (["GET"], "msp-portal/tenants/{tenantId}"),
    "tenant_change": (["PATCH"], "msp-portal/tenants/{tenantId}"),
    "tenant_disconnect": (["DELETE"], "msp-portal/tenants/{tenantId}"),
    "tenant_resync": (["POST"], "msp-portal/tenants/{tenantId}/resync"),
    "run_list": (["GET"], "msp-portal/tenants/{tenantId}/runs"),
    "resource_retry": (["POST"], "msp-portal/tenants/{tenantId}/resources/{resource}/retry"),
    "tenant_cancel": (["POST"], "msp-portal/tenants/{tenantId}/cancel"),
    "tenant_inventory": (["GET"], "msp-portal/tenants/{tenantId}/inventory/{resource}"),
    "permissions_show": (["GET"], "msp-portal/tenants/{tenantId}/permissions"),
    "permissions_ask": (["POST"], "msp-portal/tenants/{tenantId}/permissions"),
    "permissions_drop": (["DELETE"], "msp-portal/tenants/{tenantId}/permissions"),
    "transfer_offer": (["POST"], "msp-portal/tenants/{tenantId}/transfer"),
    "transfer_list": (["GET"], "msp-portal/transfers"),
    "transfer_accept": (["POST"], "msp-portal/transfers/{transferId}/accept"),
    "transfer_end": (["DELETE"], "msp-portal/transfers/{transferId}"),
    "psa_list": (["GET"], "msp-portal/psa"),
    "psa_show": (["GET"], "msp-portal/psa/{provider}"),
    "psa_connect": (["PUT"], "msp-portal/psa/{provider}"),
    "psa_disconnect": (["DELETE"], "msp-portal/psa/{provider}"),
    "psa_test": (["POST"], "msp-portal/psa/{provider}/test"),
    "psa_sync": (["POST"], "msp-portal/psa/{provider}/sync"),
    "psa_sync_status": (["GET"], "msp-portal/psa/{provider}/sync-status"),
    "customer_list": (["GET"], "msp-portal/customers"),
    "customer_create": (["POST"], "msp-portal/customers"),
    "customer_details": (["GET"], "msp-portal/customers/{customerId}"),
    "customer_change": (["PATCH"], "msp-portal/customers/{customerId}"),
    "customer_remove": (["DELETE"], "msp-portal/customers/{customerId}"),
    "suggestion_list": (["GET"], "msp-portal/customers/suggestions"),
    "suggestion_decide": (["POST"], "msp-portal/customers/suggestions/{suggestionId}"),
    "relationship_list": (["GET"], "msp-portal/relationships"),
    "relationship_ask": (["POST"], "msp-portal/relationships"),
    "relationship_templates": (["GET"], "msp-portal/relationships/templates"),
    "relationship_show": (["GET"], "msp-portal/relationships/{relationshipId}"),
    "relationship_end": (["DELETE"], "msp-portal/relationships/{relationshipId}"),
    "relationship_extend": (["POST"], "msp-portal/relationships/{relationshipId}/extend"),
    "dap_list": (["GET"], "msp-portal/dap"),
    "dap_move": (["POST"], "msp-portal/dap/moves"),
    "dap_move_show": (["GET"], "msp-portal/dap/moves/{moveId}"),
    "webhook_show": (["GET"], "msp-portal/webhook"),
    "webhook_set": (["PUT"], "msp-portal/webhook"),
    "webhook_remove": (["DELETE"], "msp-portal/webhook"),
    "audit": (["GET"], "msp-portal/audit"),
    "code_help": (["GET"], "msp-portal/help/{code}"),
    "ops_runs": (["GET"], "ops/runs"),
    "ops_run": (["GET"], "ops/runs/{runId}"),
    "ops_run_history": (["GET"], "ops/runs/{runId}/history"),
    "ops_run_terminate": (["POST"], "ops/runs/{runId}/terminate"),
    "ops_run_purge": (["POST"], "ops/runs/{runId}/purge"),
    "ops_resource_retry": (["POST"], "ops/runs/{runId}/resources/{resource}/retry"),
    "ops_drain": (["GET"], "ops/drain"),
    "ops_drain_begin": (["PUT"], "ops/drain"),
    "ops_drain_end": (["DELETE"], "ops/drain"),
    "ops_throttling": (["GET"], "ops/throttling"),
    "ops_health": (["GET"], "ops/health"),
    "me_show": (["GET"], "msp-portal/me"),
    "openapi": (["GET"], "openapi.json"),
    "health": (["GET"], "health"),
}
DAY = 24 * 60
TIMERS = {
    "deliver_notifications": 1,
    "write_ticket_notes": 1,
    "watch_new_relationships": 1,
    "start_company_syncs": 5,
    "resume_runs": 5,
    "start_due_syncs": 10,
    "watch_consents_daily": DAY,
    "forget_old_links_daily": DAY,
}
"""Minutes from one run to the next."""


@pytest.fixture(scope="module")
def app() -> AppIndex:
    return app_index()


def test_app_breaks_no_rule_of_the_worker(app: AppIndex):
    assert len(app.functions) == len(HTTP) + len(TIMERS) + len(wire.ORCHESTRATORS) + len(wire.ACTIVITIES)


def test_every_durable_name_on_the_wire_is_registered(app: AppIndex):
    assert set(app.orchestrators) == set(wire.ORCHESTRATORS)
    assert set(app.activities) == set(wire.ACTIVITIES)


def test_routes_are_those_of_the_contract_and_anonymous(app: AppIndex):
    found = {
        item.name: ([getattr(method, "value", method) for method in item.trigger["methods"]], item.trigger["route"])
        for item in app.of_kind("httpTrigger")
    }
    assert found == HTTP
    for item in app.of_kind("httpTrigger"):  # the token is checked in code; a key would keep Microsoft's redirect out
        level = item.trigger.get("authLevel")
        assert str(getattr(level, "value", level)).upper() == "ANONYMOUS"


def test_timers_run_as_often_as_people_are_told(app: AppIndex):
    found = {}
    for item in app.of_kind("timerTrigger"):
        schedule = parse_schedule(item.trigger["schedule"])
        first = schedule.following(datetime(2026, 3, 2, tzinfo=UTC))
        found[item.name] = (schedule.following(first) - first).total_seconds() / 60
    assert found == TIMERS


def test_indexing_loads_no_cloud_client():
    """Cold starts pay for every import; clients are built on first use."""
    heavy = ("azure.identity", "azure.keyvault")
    code = f"import sys, function_app; print([name for name in {heavy!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_names_on_the_wire_are_append_only():
    """Running instances and stored rows know these names; a released one never changes or goes."""
    released = json.loads((ROOT / "tests/fixtures/released_names.json").read_text())
    from tenantsync.resources.registry import RESOURCES

    assert set(released["orchestrators"]) <= set(wire.ORCHESTRATORS)
    assert set(released["activities"]) <= set(wire.ACTIVITIES)
    assert set(released["tables"]) <= {value for name, value in vars(wire).items() if name.endswith("_TABLE")}
    assert [spec.key for spec in RESOURCES][: len(released["resources"])] == released["resources"]
