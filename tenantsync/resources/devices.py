"""Devices managed by Intune; a tenant without Intune is skipped, which is no error."""

from collections.abc import Mapping

from tenantsync.errors import NotLicensedError, TenantSyncError
from tenantsync.graph.client import TenantGraph
from tenantsync.graph.workloads import INTUNE
from tenantsync.resources.sources import Collection
from tenantsync.resources.spec import ResourceSpec
from tenantsync.store.inventory import Item


def count_devices(graph: TenantGraph) -> int | None:
    """Intune's own overview; None when it cannot be read, for then the listing's `@odata.count` will do."""
    try:
        count = graph.fetch_json("/deviceManagement/managedDeviceOverview").get("enrolledDeviceCount")
    except NotLicensedError:
        raise
    except TenantSyncError as failure:
        if failure.cause.status in (400, 403, 404):
            return None
        raise
    return count if isinstance(count, int) else None


def tally_device(device: Item) -> Mapping[str, float]:
    """Devices by platform and by compliance."""
    return {
        f"os:{device.get('operatingSystem') or 'unknown'}": 1,
        f"compliance:{device.get('complianceState') or 'unknown'}": 1,
    }


DEVICES = ResourceSpec(
    key="devices",
    title="Intune devices",
    workload=INTUNE,
    permissions=("DeviceManagementManagedDevices.Read.All",),
    weight=15,
    count=count_devices,
    tally=tally_device,
    source=Collection(
        path="/deviceManagement/managedDevices",
        select=(
            "id",
            "deviceName",
            "managedDeviceName",
            "operatingSystem",
            "osVersion",
            "complianceState",
            "isEncrypted",
            "isSupervised",
            "jailBroken",
            "managedDeviceOwnerType",
            "managementAgent",
            "enrolledDateTime",
            "lastSyncDateTime",
            "userPrincipalName",
            "userId",
            "azureADDeviceId",
            "serialNumber",
            "manufacturer",
            "model",
            "totalStorageSpaceInBytes",
            "freeStorageSpaceInBytes",
            "partnerReportedThreatState",
            "deviceEnrollmentType",
        ),
    ),
)
