"""Names that live on in histories, queues and tables. Append only: a running instance still uses the old ones."""

from typing import Final

# Orchestrators
ONBOARD_TENANT: Final = "onboard_tenant"
SYNC_RESOURCE: Final = "sync_resource"

# Activities
VERIFY_CONSENT: Final = "verify_consent"
PLAN_SYNC: Final = "plan_sync"
SYNC_SLICE: Final = "sync_slice"
FINISH_RUN: Final = "finish_run"

ORCHESTRATORS: Final = (ONBOARD_TENANT, SYNC_RESOURCE)
ACTIVITIES: Final = (VERIFY_CONSENT, PLAN_SYNC, SYNC_SLICE, FINISH_RUN)

# Tables
CONNECTIONS_TABLE: Final = "Connections"
CALLBACK_STATES_TABLE: Final = "CallbackStates"
CUSTOMERS_TABLE: Final = "Customers"
TENANT_OWNERS_TABLE: Final = "TenantOwners"
RUNS_TABLE: Final = "Runs"
INVENTORY_TABLE: Final = "Inventory"
CONNECT_RATE_TABLE: Final = "ConnectRate"
SCRATCH_TABLE: Final = "Scratch"


def onboarding_instance_id(connection_id: str) -> str:
    """One connection has one onboarding: the id makes a second start impossible."""
    return f"onboard-{connection_id}"


def resource_instance_id(run_id: str, resource: str) -> str:
    """The sub-orchestration that syncs one resource of a run."""
    return f"{run_id}-{resource}"
