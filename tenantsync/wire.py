"""Names that live on in histories, queues and tables. Append only: a running instance still uses the old ones."""

from typing import Final

# Orchestrators
ONBOARD_TENANT: Final = "onboard_tenant"
SYNC_RESOURCE: Final = "sync_resource"
DISCONNECT_TENANT: Final = "disconnect_tenant"
WATCH_CONSENTS: Final = "watch_consents"
VERIFY_GRANT: Final = "verify_grant"
SYNC_COMPANIES: Final = "sync_companies"
CONNECT_BATCH: Final = "connect_batch"
WATCH_RELATIONSHIP: Final = "watch_relationship"
MOVE_TO_GDAP: Final = "move_to_gdap"

# Activities
VERIFY_CONSENT: Final = "verify_consent"
PLAN_SYNC: Final = "plan_sync"
SYNC_SLICE: Final = "sync_slice"
FINISH_RUN: Final = "finish_run"
REMOVE_INVENTORY: Final = "remove_inventory"
LIST_TENANTS: Final = "list_tenants"
CHECK_CONSENT: Final = "check_consent"
CHECK_GRANT: Final = "check_grant"
ADMIT_RUN: Final = "admit_run"
SYNC_COMPANY_SLICE: Final = "sync_company_slice"
CONNECT_ITEMS: Final = "connect_items"
CHECK_RELATIONSHIP: Final = "check_relationship"
MOVE_TENANT: Final = "move_tenant"

ORCHESTRATORS: Final = (
    ONBOARD_TENANT,
    SYNC_RESOURCE,
    DISCONNECT_TENANT,
    WATCH_CONSENTS,
    VERIFY_GRANT,
    SYNC_COMPANIES,
    CONNECT_BATCH,
    WATCH_RELATIONSHIP,
    MOVE_TO_GDAP,
)
ACTIVITIES: Final = (
    VERIFY_CONSENT,
    PLAN_SYNC,
    SYNC_SLICE,
    FINISH_RUN,
    REMOVE_INVENTORY,
    LIST_TENANTS,
    CHECK_CONSENT,
    CHECK_GRANT,
    ADMIT_RUN,
    SYNC_COMPANY_SLICE,
    CONNECT_ITEMS,
    CHECK_RELATIONSHIP,
    MOVE_TENANT,
)

# Fields of jobs
CORRELATION: Final = "correlationId"
"""Of the request that was the cause, in the inputs of orchestrations and activities; the oldest have none."""

# Tables
CONNECTIONS_TABLE: Final = "Connections"
CALLBACK_STATES_TABLE: Final = "CallbackStates"
CUSTOMERS_TABLE: Final = "Customers"
TENANT_OWNERS_TABLE: Final = "TenantOwners"
RUNS_TABLE: Final = "Runs"
INVENTORY_TABLE: Final = "Inventory"
CONNECT_RATE_TABLE: Final = "ConnectRate"
SCRATCH_TABLE: Final = "Scratch"
TENANTS_TABLE: Final = "Tenants"
AUDIT_TABLE: Final = "Audit"
GRANTS_TABLE: Final = "Grants"
TRANSFERS_TABLE: Final = "Transfers"
WEBHOOKS_TABLE: Final = "Webhooks"
OUTBOX_TABLE: Final = "Outbox"
DELTAS_TABLE: Final = "Deltas"
THROTTLES_TABLE: Final = "Throttles"
FINGERPRINTS_TABLE: Final = "Fingerprints"
PLACES_TABLE: Final = "Places"
SECRETS_TABLE: Final = "Secrets"
PSA_CONNECTIONS_TABLE: Final = "PsaConnections"
PSA_SYNCS_TABLE: Final = "PsaSyncs"
PSA_COMPANIES_TABLE: Final = "PsaCompanies"
REQUEST_BUDGETS_TABLE: Final = "RequestBudgets"
TICKETS_TABLE: Final = "Tickets"
PLACEMENTS_TABLE: Final = "Placements"
SUGGESTIONS_TABLE: Final = "Suggestions"
CONNECT_BATCHES_TABLE: Final = "ConnectBatches"
RELATIONSHIPS_TABLE: Final = "Relationships"
MOVES_TABLE: Final = "Moves"
RECENT_RUNS_TABLE: Final = "RecentRuns"


def onboarding_instance_id(connection_id: str) -> str:
    """One connection has one onboarding: the id makes a second start impossible."""
    return f"onboard-{connection_id}"


def resync_id(connection_id: str, number: int) -> str:
    """The run, and orchestration, of a connection's `number`th further sync."""
    return f"resync-{connection_id}-{number}"


def disconnect_instance_id(connection_id: str) -> str:
    """The orchestration that removes what a connection has brought."""
    return f"disconnect-{connection_id}"


def grant_instance_id(grant_id: str) -> str:
    """The orchestration that watches a new permission arrive."""
    return f"grant-{grant_id}"


def connect_batch_instance_id(batch_id: str) -> str:
    """The orchestration that works through a list of tenants."""
    return f"batch-{batch_id}"


def relationship_instance_id(key: str) -> str:
    """The orchestration that watches one GDAP relationship from its approval to its end."""
    return f"relationship-{key}"


def move_instance_id(move_id: str) -> str:
    """The orchestration that asks the customers of one move from DAP to GDAP."""
    return f"move-{move_id}"


def consent_watch_instance_id(day: str) -> str:
    """The daily look at every tenant's consent; one a day, however often the timer fires."""
    return f"consents-{day}"


def company_sync_instance_id(msp_id: str, provider: str, number: int) -> str:
    """The orchestration of a PSA's `number`th sync of companies.

    Two ids take turns: there is only one sync of a PSA at a time, and the one before has ended, or is about to.
    """
    return f"companies-{msp_id}-{provider}-{number % 2}"


ENDING_PREFIXES: Final = (
    *("onboard-", "resync-", "disconnect-", "grant-", "batch-", "move-", "consents-", "companies-"),
)
"""How the ids of orchestrations begin that end by themselves: of all but the watches of relationships."""


def resource_instance_id(run_id: str, resource: str) -> str:
    """The sub-orchestration that syncs one resource of a run."""
    return f"{run_id}-{resource}"
