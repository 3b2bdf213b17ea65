"""The deployment's checker: it finds nothing in the templates as they are, and each fault that is planted in them."""

import json
import re
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from devstack.infra.__main__ import complaints

ROOT = Path(__file__).resolve().parents[2]
FAULTS: dict[str, tuple[str, ...]] = {
    "syntax": ("app/identity.bicep", "name: name", "name = name", "identity.bicep:7: cannot be read"),
    "undefined name": ("app/identity.bicep", "name: name", "name: nmae", "identity.bicep:7: nmae is not declared"),
    "unused param": ("app/identity.bicep", "tags: tags", "tags: {}", "param tags is never used"),
    "unused variable": ("main.bicep", "var sizing", "var rest = 1\nvar sizing", "var rest is never used"),
    "declared twice": ("main.bicep", "param size ", "param location string\nparam size ", "location is declared twice"),
    "unknown function": ("main.bicep", "toLower(", "toSmall(", "toSmall() is not among the functions"),
    "name out of its loop": ("app/storage.bicep", "for role in", "for kind in", "role is not declared"),
    "lambda without its name": ("app/workbook.bicep", "panel => {", "page => {", "panel is not declared"),
    "circle": (
        "main.bicep",
        "    isPrivate: isPrivate\n    workspaceId",
        "    isPrivate: network!.outputs.appSubnetId == ''\n    workspaceId",
        "these need each other: ",
    ),
    "module param missing": ("main.bicep", "    vaultId: vault.outputs.id\n", "", "network is not given vaultId"),
    "module param unknown": ("main.bicep", "    vaultId:", "    vault: 'x'\n    vaultId:", "has no param vault"),
    "module param of another type": (
        "main.bicep",
        "dailyGigabytes: sizing.logGigabytesPerDay",
        "dailyGigabytes: '1'",
        "int",
    ),
    "module output unknown": (
        "main.bicep",
        "storage.outputs.tablesEndpoint",
        "storage.outputs.tables",
        "no output tables",
    ),
    "module file missing": ("main.bicep", "'app/budget.bicep'", "'app/budgets.bicep'", "there is no app/budgets.bicep"),
    "output of what may not be made": (
        "main.bicep",
        "isPrivate ? network!.outputs.appSubnetId : ''",
        "network!.outputs.appSubnetId",
        "appSubnetId of network is read even when network is not made",
    ),
    "API version": (
        "app/storage.bicep",
        "storageAccounts@2024-01-01",
        "storageAccounts@2029-01-01",
        "known API versions",
    ),
    "resource type": (
        "app/portal.bicep",
        "Microsoft.Web/staticSites",
        "Microsoft.Web/staticSite",
        "known API versions",
    ),
    "keys are read": (
        "app/storage.bicep",
        "= hostAccount.name",
        "= hostAccount.listKeys().keys[0].value",
        "reads a secret",
    ),
    "secret output": (
        "app/keyvault.bicep",
        "output url ",
        "output signingKey ",
        "output signingKey would show a secret",
    ),
    "secret param": ("app/budget.bicep", "param start ", "param password string\nparam start ", "is not @secure()"),
    "shared keys": (
        "app/storage.bicep",
        "SharedKeyAccess: false",
        "SharedKeyAccess: true",
        "allowSharedKeyAccess must be",
    ),
    "old TLS of storage": ("app/storage.bicep", "TLS1_2", "TLS1_0", "minimumTlsVersion must be 'TLS1_2', not 'TLS1_0'"),
    "old TLS of the site": (
        "app/function.bicep",
        "minTlsVersion: '1.2'",
        "minTlsVersion: '1.0'",
        "minTlsVersion must be",
    ),
    "plain HTTP": ("app/function.bicep", "httpsOnly: true", "httpsOnly: false", "httpsOnly must be True"),
    "every origin": ("main.bicep", "      portalOrigin\n    ]", "      '*'\n    ]", "'*' opens what must stay closed"),
    "origins elsewhere": ("app/function.bicep", "Origins: corsOrigins", "Origins: []", "cors.allowedOrigins must be"),
    "publishing password": ("app/function.bicep", "allow: false", "allow: true", "properties.allow must be False"),
    "nothing always ready": ("app/function.bicep", "name: 'durable', ", "name: 'http', ", "alwaysReady must be"),
    "setting Flex refuses": (
        "app/function.bicep",
        "MALLOC_ARENA_MAX",
        "WEBSITE_RUN_FROM_PACKAGE",
        "not a setting of Flex",
    ),
    "vault open": (
        "app/keyvault.bicep",
        "isPrivate ? 'Deny' : 'Allow'",
        "'Allow'",
        "networkAcls.defaultAction must be",
    ),
    "storage open": (
        "app/storage.bicep",
        "isPrivate ? 'Disabled' : 'Enabled'",
        "'Enabled'",
        "publicNetworkAccess must be",
    ),
    "telemetry by key": (
        "app/monitoring.bicep",
        "DisableLocalAuth: true",
        "DisableLocalAuth: false",
        "DisableLocalAuth",
    ),
    "another role": (
        "app/keyvault.bicep",
        "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
        "00482a5a-887f-4fb3-b363-3b7fe8e74483",
        "roles on vault must be exactly",
    ),
    "one role more": (
        "app/storage.bicep",
        "scope: dataAccount\n",
        "scope: dataAccount\n  dependsOn: [blobDataOwner]\n",
        "roles on dataAccount must be exactly",
    ),
    "role for somebody else": (
        "app/storage.bicep",
        "principalId: principalId",
        "principalId: deployer",
        "properties.principalId must be 'principalId'",
    ),
    "role for the client id": (
        "main.bicep",
        "principalId: identity.outputs.principalId",
        "principalId: identity.outputs.clientId",
        "principalId must be identity.outputs.principalId",
    ),
    "role gone": ("app/storage.bicep", "queueDataContributor, ", "", "roles on hostAccount must be exactly"),
    "subject is the client id": (
        "main.bicep",
        "identityPrincipalId: identity.outputs.principalId",
        "identityPrincipalId: identity.outputs.clientId",
        "identityPrincipalId must be identity.outputs.principalId",
    ),
    "subject": (
        "app/registration.bicep",
        "subject: identityPrincipalId",
        "subject: name",
        "identityTrust: subject must be",
    ),
    "audience": ("app/registration.bicep", "AzureADTokenExchange", "AzureADToken", "identityTrust: audiences must be"),
    "issuer": (
        "app/registration.bicep",
        "tenant().tenantId}/v2.0",
        "tenant().tenantId}",
        "identityTrust: issuer must be",
    ),
    "one tenant only": ("app/registration.bicep", "AzureADMultipleOrgs", "AzureADMyOrg", "signInAudience must be"),
    "Graph permission": (
        "app/registration.bicep",
        "df021288-bdef-4463-88db-98f22de89214",
        "741f803b-c850-494e-b5df-cde7c675a1ca",
        "application permissions must be those of tenantsync/permissions.py",
    ),
    "delegated permission": (
        "app/registration.bicep",
        "'Mail.Read'",
        "'Mail.ReadWrite'",
        "delegated permissions must be",
    ),
    "app role": ("app/registration.bicep", "'Onboarding.Ops'", "'Onboarding.Admin'", "app roles must be those of"),
    "task hub": ("app/scheduler.bicep", "'OpsPilot365Connect'", "'Another'", "must be OpsPilot365Connect, the hubName"),
    "setting left out": (
        "main.bicep",
        "      PORTAL_URL: portalOrigin\n",
        "",
        "the app reads PORTAL_URL, and nothing sets it",
    ),
    "parameter unknown": (
        "main.parameters.json",
        '"homeTenantId"',
        '"homeTenant"',
        "main.bicep has no param homeTenant",
    ),
    "parameter missing": (
        "main.parameters.json",
        '"homeTenantId"',
        '"homeTenant"',
        "homeTenantId of main.bicep is not here",
    ),
    "parameter not allowed": ("main.parameters.json", "${SIZE=small}", "${SIZE=tiny}", "size: 'tiny' is not allowed"),
    "parameter fixed": ("main.parameters.json", "${SIZE=small}", "small", "size must come from the environment"),
    "size without a value": ("sizes/large.json", '"runsAtOnce": 64,', "", "large.json: main.bicep reads"),
    "size out of range": ("sizes/small.json", '"maximumInstances": 40', '"maximumInstances": 4', "cannot be 4"),
    "service": ("../azure.yaml", "  api:", "  backend:", "azure.yaml: its services are ['backend', 'portal']"),
    "service folder": ("../azure.yaml", "project: portal", "project: website", "portal: there is no folder website"),
    "portal's setting": ("main.bicep", "output API_URL ", "output API_ADDRESS ", "reads API_URL, which the deployment"),
    "event of a query": (
        "queries/run-stuck.kql",
        "run_stuck",
        "run_hangs",
        "run-stuck.kql: the app never logs run_hangs",
    ),
    "field of a query": ("queries/run-failed.kql", "outcome=", "state=", "run_finished has no field state"),
    "field a query takes out": (
        "queries/throttled-by-resource.kql",
        "resource=",
        "workload=",
        "slice_failed has no field workload",
    ),
    "problem of a query": ("queries/throttled.kql", "problem=throttled", "problem=slow", "there is no problem slow"),
    "metric of a query": ("queries/queue-age.kql", "queue.age", "queue.wait", "there is no metric connect.queue.wait"),
    "attribute of a metric": (
        "queries/pages.kql",
        "Properties.resource",
        "Properties.tenant",
        "has no attribute tenant",
    ),
    "query file": (
        "app/alerts.bicep",
        "queries/throttled.kql",
        "queries/throttle.kql",
        "throttled.kql: no template loads",
    ),
}


MORE = tomllib.loads((ROOT / "tests/fixtures/infra_faults.toml").read_text())["faults"]
FAULTS |= {what: tuple(rest) for what, *rest in MORE}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What the checker reads of the project, to be spoilt."""
    shutil.copytree(ROOT / "infra", tmp_path / "infra")
    (tmp_path / "portal").mkdir()
    for name in ("azure.yaml", "portal/configure.mjs"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_templates_are_clean():
    assert list(complaints(ROOT)) == []


def test_no_fault_hides_another():
    assert len(FAULTS) > 100
    assert len({what for what, *_ in MORE}) == len(MORE)


@pytest.mark.parametrize(("name", "old", "new", "said"), FAULTS.values(), ids=FAULTS)
def test_planted_fault_is_found(project: Path, name: str, old: str, new: str, said: str):
    path = project / "infra" / name
    assert old in path.read_text(), "the fault cannot be planted any more"
    path.write_text(path.read_text().replace(old, new, 1))
    assert any(said in line for line in complaints(project)), list(complaints(project))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda infra: shutil.copy(infra / "app/identity.bicep", infra / "app/other.bicep"),
            "other.bicep: no module uses",
        ),
        (lambda infra: (infra / "queries/problems.kql").unlink(), "problems.kql: a template loads this file"),
        (lambda infra: (infra / "sizes/huge.json").write_text("{}"), "huge.json: main.bicep and sizes/ do not have"),
        (lambda infra: (infra / "sizes/large.json").unlink(), "large.json: main.bicep and sizes/ do not have"),
    ],
)
def test_file_too_many_or_too_few_is_found(project: Path, spoil: Callable[[Path], object], said: str):
    spoil(project / "infra")
    assert any(said in line for line in complaints(project))


@pytest.mark.parametrize("path", ["infra/app/function.bicep", "local.settings.example.json"])
def test_worker_has_a_thread_for_all_that_goes_at_once(path: str):
    """Activities and orchestrators share the worker's threads, and some must be left for HTTP."""
    durable = json.loads((ROOT / "host.json").read_text())["extensions"]["durableTask"]
    at_once = durable["maxConcurrentActivityFunctions"] + durable["maxConcurrentOrchestratorFunctions"]
    found = re.search(r"PYTHON_THREADPOOL_THREAD_COUNT\W+(\d+)", (ROOT / path).read_text())
    assert found is not None
    assert int(found[1]) > at_once
