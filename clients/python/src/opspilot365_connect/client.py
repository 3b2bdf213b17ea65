"""The client: every operation of the contract, and what takes more than one call."""

from collections.abc import Iterator
from typing import Any, cast

from opspilot365_connect.models import CompanySync, SyncStatus
from opspilot365_connect.operations import Operations
from opspilot365_connect.pages import every


class Connect(Operations):
    """OpsPilot365 Connect, as one caller may use it. Every call raises ProblemError or NoAnswerError when it fails."""

    def follow(self, tenant_id: str, *, run_id: str | None = None) -> Iterator[SyncStatus]:
        """A tenant's sync-status at once and whenever it has changed, from the consent's waiting to the sync's end."""
        path = "/api/msp-portal/tenants/{tenantId}/sync-status"
        return self.poll(path, parts={"tenantId": tenant_id}, query={"runId": run_id})

    def follow_companies(self, provider: str) -> Iterator[CompanySync]:
        """The status of a PSA's sync of companies at once and whenever it has changed, to the end."""
        return self.poll("/api/msp-portal/psa/{provider}/sync-status", parts={"provider": provider}, query={})

    def inventory(self, tenant_id: str, resource: str) -> Iterator[dict[str, Any]]:
        """Every row of a resource; all have an `id`, what else they have is the resource's matter."""
        rows = every(self.tenant_inventory, tenant_id, resource, top=1000)
        return cast("Iterator[dict[str, Any]]", rows)
