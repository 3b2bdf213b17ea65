"""What MSPs' developers install, against the running stack: the READMEs' examples, every row, and refusals."""

import json
import subprocess
from typing import Any

import pytest

from devstack.demo.journey import AdminBrowser
from devstack.stack import Stack
from tests.clients import Packages, example
from tests.e2e.steps import inventory_ids, true_ids
from tests.e2e.tenants import CERTIFIED, tenant_id

DOMAINS = {"python": "snake.test", "typescript": "script.test"}
TENANT = tenant_id(DOMAINS["python"])
"""Has more users than fit on a page."""
NOBODY = "00000000-0000-4000-8000-000000000000"
RESOURCES = (*CERTIFIED, "organization", "licenses", "secure_score")
TYPESCRIPT_READER = """
import { Connect } from "@opspilot365/connect";
const { CONNECT_URL, CONNECT_TOKEN, TENANT, OTHER, RESOURCES } = process.env;
const connect = new Connect({ origin: CONNECT_URL, token: async () => CONNECT_TOKEN });
const found = { rows: {}, problem: null, tenants: [] };
for (const resource of JSON.parse(RESOURCES)) {
  found.rows[resource] = [];
  for await (const row of connect.inventory(TENANT, resource)) found.rows[resource].push(row.id);
}
const query = { top: 1 };
for await (const tenant of connect.every("/api/msp-portal/tenants", { params: { query } })) {
  found.tenants.push(tenant.tenantId);
}
await connect.get("/api/msp-portal/tenants/{tenantId}", { params: { path: { tenantId: OTHER } } }).catch((error) => {
  found.problem = [error.status, error.code, error.owner, error.nextAction, error.correlationId];
});
console.log(JSON.stringify(found));
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    return Packages.unpack(tmp_path_factory.mktemp("clients"))


@pytest.fixture(scope="module")
def environment(stack: Stack) -> dict[str, str]:
    return {"CONNECT_URL": stack.api, "CONNECT_TOKEN": stack.portal_token("Connect", "Read")}


@pytest.fixture(scope="module")
def printed(stack: Stack, packages: Packages, environment: dict[str, str]) -> dict[str, list[str]]:
    """What the READMEs' examples print, each with a tenant of its own."""
    return {
        "python": play(packages.python(example_with("python"), environment), stack),
        "typescript": play(packages.node(example_with("typescript"), environment), stack),
    }


def example_with(language: str) -> str:
    text = example(language)
    assert text.count("contoso.com") == 1
    return text.replace("contoso.com", DOMAINS[language])


def play(process: subprocess.Popen[str], stack: Stack) -> list[str]:
    """The lines a client prints, and its exit code as the last; the administrator follows the link among them."""
    said = []
    with process:
        assert process.stdout
        for line in process.stdout:
            text, _, link = line.strip().partition("administrator: ")
            if link:
                AdminBrowser(stack).open(link)
            else:
                said.append(text)
    return [*said, str(process.returncode)]


@pytest.mark.parametrize("language", DOMAINS)
def test_example_of_the_readme_connects_a_tenant_and_reads_its_users(
    language: str, stack: Stack, printed: dict[str, list[str]]
):
    users = [line for line in printed[language] if line.startswith("user ")]
    states = [line for line in printed[language] if line not in users]
    assert (states[0], states[-2:]) == ("awaiting_consent 0", ["completed 100", "0"])
    assert len(users) == stack.truth(DOMAINS[language])["users"]


def test_typescript_client_reads_every_row_and_tells_a_refusal(
    stack: Stack, packages: Packages, environment: dict[str, str], printed: dict[str, list[str]]
):
    wanted = {"TENANT": TENANT, "OTHER": NOBODY, "RESOURCES": json.dumps(RESOURCES)}
    with packages.node(TYPESCRIPT_READER, {**environment, **wanted}) as process:
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert_it_is_true(stack, **json.loads(output))


def test_python_client_reads_every_row_and_tells_a_refusal(
    stack: Stack, packages: Packages, environment: dict[str, str], printed: dict[str, list[str]]
):
    package = packages.import_python()
    connect = package.Connect(environment["CONNECT_URL"], lambda: environment["CONNECT_TOKEN"])
    rows = {resource: [row["id"] for row in connect.inventory(TENANT, resource)] for resource in RESOURCES}
    tenants = [tenant["tenantId"] for tenant in package.every(connect.tenant_list, top=1)]
    with pytest.raises(package.ProblemError) as refused:
        connect.tenant_details(NOBODY)
    error = refused.value
    problem = [error.status, error.code, error.owner, error.next_action, error.correlation_id]
    assert_it_is_true(stack, rows, tenants, problem)


def assert_it_is_true(stack: Stack, rows: dict[str, list[str]], tenants: list[str], problem: list[Any]) -> None:
    for name in RESOURCES:
        known = (true_ids if name in CERTIFIED else inventory_ids)(stack, TENANT, name)
        assert sorted(rows[name]) == sorted(known), name
    assert set(map(tenant_id, DOMAINS.values())) <= set(tenants)
    assert len(tenants) == len(set(tenants))
    status, code, owner, *texts = problem
    assert (status, code, owner) == (404, "tenant_unknown", "technician")
    assert all(texts)
