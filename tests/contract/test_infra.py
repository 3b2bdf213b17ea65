"""The deployment templates, read as text: contracts between files, and what must never be in them."""

import json
import re
from pathlib import Path

import pytest

from tenantsync.watchdog import RUN_STUCK

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
MAIN = (INFRA / "main.bicep").read_text()
FILES = sorted(INFRA.rglob("*.bicep"))
ROLES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",  # Storage Blob Data Owner
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88",  # Storage Queue Data Contributor
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",  # Storage Table Data Contributor
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",  # Key Vault Secrets Officer
    "3913510d-42f4-4e42-8a64-420c390055eb",  # Monitoring Metrics Publisher
}
NOT_ON_FLEX = ("FUNCTIONS_WORKER_RUNTIME", "WEBSITE_RUN_FROM_PACKAGE", "WEBSITE_CONTENT", "linuxFxVersion")
ONLY_LOCAL = {"LOGIN_ENDPOINT", "GRAPH_ENDPOINT", "CLIENT_SECRET", "CLIENT_CERTIFICATE_PATH", "REQUESTS_CA_BUNDLE"}
ONLY_LOCAL |= {"TABLES_CONNECTION_STRING", "SECRETS_KEY", "CONNECT_RATE_PER_MINUTE"}
ONLY_LOCAL |= {"OTHER_LOGIN_ENDPOINTS", "WEBHOOK_LOOPBACK_ORIGINS", "CONSENT_LINK_SECONDS", "RUNS_AT_ONCE"}
ONLY_LOCAL |= {"MICROSOFT_TIMEOUT_SECONDS", "ADMIN_CENTER_ENDPOINT"}
ONLY_LOCAL |= {"AUTOTASK_ZONE_ENDPOINT", "PSA_LOOPBACK_ORIGINS"}

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


def names(pattern: str, text: str) -> list[str]:
    return re.findall(pattern, text, re.MULTILINE)


def params_of(text: str) -> set[str]:
    return set(names(r"^param (\w+) ", text))


def test_parameters_file_fits_the_template():
    given = set(json.loads((INFRA / "main.parameters.json").read_text())["parameters"])
    assert given == params_of(MAIN)


def test_every_module_file_is_used_and_exists():
    used = {INFRA / path for path in names(r"^module \w+ '([^']+)'", MAIN)}
    assert used == set(FILES) - {INFRA / "main.bicep"}


def test_modules_get_exactly_their_parameters():
    for path, block in re.findall(r"^module \w+ '([^']+)' = \{(.*?)^\}", MAIN, re.MULTILINE | re.DOTALL):
        inner = re.search(r"  params: \{\n(.*)^  \}", block, re.MULTILINE | re.DOTALL)
        assert inner is not None
        given = set(names(r"^    (\w+):", inner[1]))
        assert given == params_of((INFRA / path).read_text()), path


def test_outputs_that_are_used_exist():
    modules = dict(re.findall(r"^module (\w+) '([^']+)'", MAIN, re.MULTILINE))
    for module, output in re.findall(r"(\w+)\.outputs\.(\w+)", MAIN):
        assert output in names(r"^output (\w+) ", (INFRA / modules[module]).read_text())


@each_file
def test_every_parameter_and_variable_is_used(path: Path):
    text = path.read_text()
    for name in names(r"^(?:param|var) (\w+)", text):
        assert len(re.findall(rf"\b{name}\b", text)) > 1, name


@each_file
def test_no_keys_no_secrets_no_wildcards(path: Path):
    text = path.read_text()
    for forbidden in ("listKeys", "AccountKey", "allowSharedKeyAccess: true", "'*'", *NOT_ON_FLEX):
        assert forbidden not in text
    assert (
        not re.search(r"^output \w*(secret|key|password)\w* string", text, re.IGNORECASE | re.MULTILINE)
        or "KEY_VAULT" in text
    )


def test_roles_are_exactly_those_needed():
    used = {
        guid
        for path in FILES
        for guid in re.findall(r"'([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'", path.read_text())
    }
    assert used == ROLES


def test_storage_is_reached_by_identity_only():
    text = (INFRA / "app/storage.bicep").read_text()
    assert text.count("allowSharedKeyAccess: false") == text.count("'Microsoft.Storage/storageAccounts@") == 2
    assert text.count("minimumTlsVersion: 'TLS1_2'") == 2
    assert text.count("allowBlobPublicAccess: false") == 2


def test_site_is_https_only_with_modern_tls():
    text = (INFRA / "app/function.bicep").read_text()
    for wanted in (
        "httpsOnly: true",
        "minTlsVersion: '1.2'",
        "ftpsState: 'Disabled'",
        "functionAppConfig",
        "name: 'durable'",
    ):
        assert wanted in text


def test_service_names_are_the_sites_tags():
    services = names(r"^  (\w+):\n    project:", (ROOT / "azure.yaml").read_text())
    tagged = [name for path in FILES for name in names(r"'azd-service-name': '(\w+)'", path.read_text())]
    assert sorted(services) == sorted(tagged)


def test_portal_is_configured_from_what_the_deployment_tells():
    read = set(names(r'(?:needed|optional)\("([A-Z_]+)"', (ROOT / "portal/configure.mjs").read_text()))
    told = set(names(r"^output (\w+) ", MAIN)) | set(
        re.findall(r"\$\{(\w+)", (INFRA / "main.parameters.json").read_text())
    )
    assert read - {"LOGIN_ENDPOINT", "PORTAL_DIST"} <= told


def test_every_setting_the_app_reads_is_deployed():
    read = set(names(r"reader\.\w+\(\s*\"([A-Z_]+)\"", (ROOT / "tenantsync/settings.py").read_text()))
    read |= set(names(r"self\.(?:secret|text)\(\"([A-Z_]+)\"\)", (ROOT / "tenantsync/settings.py").read_text()))
    deployed = MAIN + (INFRA / "app/function.bicep").read_text()
    assert read - ONLY_LOCAL
    assert {name for name in read - ONLY_LOCAL if not re.search(rf"^\s+{name}:", deployed, re.MULTILINE)} == set()


def test_alert_matches_the_event_the_watchdog_logs():
    assert f'startswith "{RUN_STUCK} "' in (INFRA / "app/monitoring.bicep").read_text()


@pytest.mark.parametrize("path", ["infra/app/function.bicep", "local.settings.example.json"])
def test_worker_has_a_thread_for_all_that_goes_at_once(path: str):
    """Activities and orchestrators share the worker's threads, and some must be left for HTTP."""
    durable = json.loads((ROOT / "host.json").read_text())["extensions"]["durableTask"]
    at_once = durable["maxConcurrentActivityFunctions"] + durable["maxConcurrentOrchestratorFunctions"]
    (threads,) = names(r"PYTHON_THREADPOOL_THREAD_COUNT\W+(\d+)", (ROOT / path).read_text())
    assert int(threads) > at_once
