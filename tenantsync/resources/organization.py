"""The tenant itself: names, verified domains, plans."""

from tenantsync.resources.sources import Collection
from tenantsync.resources.spec import ResourceSpec

ORGANIZATION = ResourceSpec(
    key="organization",
    title="Organization",
    permissions=("User.Read.All", "Directory.Read.All"),
    source=Collection(
        path="/organization",
        top=None,
        select=(
            "id",
            "displayName",
            "verifiedDomains",
            "tenantType",
            "countryLetterCode",
            "preferredLanguage",
            "defaultUsageLocation",
            "createdDateTime",
            "onPremisesSyncEnabled",
            "onPremisesLastSyncDateTime",
            "technicalNotificationMails",
            "securityComplianceNotificationMails",
            "assignedPlans",
            "provisionedPlans",
            "mobileDeviceManagementAuthority",
            "partnerTenantType",
        ),
    ),
)
