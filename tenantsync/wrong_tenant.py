"""What to do when an administrator consented for another tenant than the one that was entered."""

from typing import Any

from tenantsync.store.connections import Connection


def describe_removal(client_id: str, tenant_id: str) -> dict[str, Any]:
    """How the app is removed from a tenant again: only the tenant's own administrator can do that."""
    return {
        "tenantId": tenant_id or None,
        "owner": "customer_admin",
        "steps": [
            "Sign in to the Microsoft Entra admin center as an administrator of this tenant.",
            "Open Enterprise applications and find OpsPilot365 Connect by its application id.",
            "Under Properties choose Delete. Every permission of the app ends with it.",
        ],
        "applicationId": client_id,
        "url": "https://entra.microsoft.com/#view/Microsoft_AAD_IAM/StartboardApplicationsMenuBlade/~/AppAppsPreview",
    }


def describe_wrong_tenant(connection: Connection, client_id: str) -> dict[str, Any]:
    """`connectInstead` (a fresh connection, with a state of its own) and `removal`; empty if nothing went wrong."""
    if connection.problem_code != "wrong_tenant":
        return {}
    removal = {"removal": describe_removal(client_id, connection.other_tenant_id)}
    if not connection.other_tenant_id:
        return removal
    body = {"tenant": connection.other_tenant_id, "customerId": connection.customer_id}
    offer = {"method": "POST", "href": "/api/msp-portal/tenants/connect", "body": body}
    return {"connectInstead": offer, **removal}
