"""Which limits a request counts against."""

import pytest

from tenantsync.graph.workloads import DIRECTORY, INTUNE, REPORTS, SECURITY, workload_of


@pytest.mark.parametrize(
    ("target", "workload"),
    [
        ("/users?$select=id", DIRECTORY),
        ("/users/$count", DIRECTORY),
        ("https://graph.microsoft.com/v1.0/groups/delta?$deltatoken=reports/security", DIRECTORY),
        ("/reports/getMailboxUsageDetail(period='D7')", REPORTS),
        ("https://graph.microsoft.com/v1.0/deviceManagement/managedDevices?$skiptoken=x", INTUNE),
        ("https://graph.microsoft.us/v1.0/security/secureScores", SECURITY),
    ],
)
def test_path_or_address_tells_the_workload(target: str, workload: str):
    assert workload_of(target) == workload
