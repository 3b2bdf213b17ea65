"""Both client packages have every operation of the contract, with types that hold the examples of their READMEs."""

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from devstack.clients.contract import Operation, read_operations
from devstack.setup import CLIENTS, ROOT, node_environment
from tests.clients import Packages, example

OPERATIONS = read_operations()
TYPESCRIPT_CALLS = """
import {{ Connect }} from "@opspilot365/connect";
const sent: string[] = [];
const fetch = async (request: Request) => {{
  sent.push(`${{request.method}} ${{new URL(request.url).pathname}}`);
  return new Response("{{}}", {{ headers: {{ "Content-Type": "application/json" }} }});
}};
const connect = new Connect({{ origin: "https://connect.test", token: () => "t", fetch }});
const params: unknown = {{ path: {path} }};
{calls}
console.log(JSON.stringify(sent));
"""

TYPESCRIPT_FAULTS = """
// @ts-expect-error: of another name
link.authURL;
// @ts-expect-error: no such path
await connect.get("/api/msp-portal/nothing");
// @ts-expect-error: a tenant is text
await connect.post("/api/msp-portal/tenants/connect", { body: { tenant: 365, customer: { name: "Contoso" } } });
// @ts-expect-error: for which customer
await connect.post("/api/msp-portal/tenants/connect", { body: { tenant: "contoso.com" } });
await connect.post("/api/msp-portal/tenants/connect", { body: { tenant: "contoso.com", customerId: "c" } });
// @ts-expect-error: which tenant
await connect.get("/api/msp-portal/tenants/{tenantId}");
// @ts-expect-error: not a list in pages
connect.every("/api/msp-portal/me");
for await (const tenant of connect.every("/api/msp-portal/tenants")) tenant.tags.join();
"""
PYTHON_FAULTS = """
from opspilot365_connect import every

link["authURL"]  # type: ignore[typeddict-item]
connect.nothing()  # type: ignore[attr-defined]
connect.connect_tenant({"tenant": 365, "customer": {"name": "Contoso"}})  # type: ignore[typeddict-item]
connect.connect_tenant({"tenant": "contoso.com"})  # type: ignore[arg-type]
connect.connect_tenant({"tenant": "contoso.com", "customerId": "c"})
connect.tenant_details()  # type: ignore[call-arg]
every(connect.me_show)  # type: ignore[arg-type]
every(connect.tenant_list, tags="vip")  # type: ignore[call-arg]
for tenant in every(connect.tenant_list, tag="vip"):
    tenant["tags"].sort()
"""
"""What the types must find; a comment that finds nothing to excuse is itself an error."""
TYPESCRIPT = CLIENTS / "typescript/node_modules"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    return Packages.unpack(tmp_path_factory.mktemp("clients"))


class Recorder(BaseAdapter):
    """Answers everything with nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.sent.append(request)
        response = requests.Response()
        response.status_code, response._content = 204, b""
        return response

    def close(self) -> None:
        pass


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_python_client_sends_every_operation_with_all_it_takes(packages: Packages, operation: Operation):
    recorder, session = Recorder(), requests.Session()
    session.mount("https://connect.test", recorder)
    connect = packages.import_python().Connect("https://connect.test", lambda: "t", session=session)
    method = getattr(connect, operation.id)
    taken = inspect.signature(method).parameters
    method(**{name: {"sent": name} if name == "body" else f"-{name}-" for name in taken})
    (sent,) = recorder.sent
    path, _, query = str(sent.path_url).partition("?")
    assert (sent.method, re.sub(r"-[a-z_]+-", "{}", path)) == (operation.method, re.sub(r"{\w+}", "{}", operation.path))
    asked = set(re.findall(r"(?:^|&)([^=&]+)=", query))
    assert asked == {item.name for item in operation.parameters if item.place == "query"}
    assert {item.name for item in operation.parameters if item.place == "header"} <= set(sent.headers)
    assert (sent.body is not None) == (operation.body is not None)


@pytest.fixture(scope="module")
def compiled(packages: Packages) -> dict[str, str]:
    """JavaScript of the README's example with faults in it that the compiler must find, and of all calls."""
    path = {part.name: "x" for item in OPERATIONS for part in item.parameters if part.place == "path"}
    calls = [f'await connect.{item.method.lower()}("{item.path}", {{ params }} as never);' for item in OPERATIONS]
    sources = {
        "example": example("typescript") + TYPESCRIPT_FAULTS,
        "calls": TYPESCRIPT_CALLS.format(path=json.dumps(path), calls="\n".join(calls)),
    }
    folder = packages.modules.parent
    for name, text in sources.items():
        (folder / f"{name}.mts").write_text(text)
    types = ["--typeRoots", str(TYPESCRIPT / "@types"), "--types", "node", "--skipLibCheck"]
    options = ["--strict", "--module", "nodenext", "--target", "es2022", *types]
    command = ["node", str(TYPESCRIPT / "typescript/bin/tsc"), *options, *(f"{name}.mts" for name in sources)]
    done = subprocess.run(command, cwd=folder, env=node_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return {name: (folder / f"{name}.mjs").read_text() for name in sources}


def test_typescript_client_sends_every_operation(packages: Packages, compiled: dict[str, str]):
    with packages.node(compiled["calls"], {}) as process:
        output, _ = process.communicate(timeout=30)
    assert json.loads(output) == [f"{item.method} {re.sub(r'{[^}]+}', 'x', item.path)}" for item in OPERATIONS]


def test_typescript_example_is_well_typed(compiled: dict[str, str]):
    assert "connect.follow(" in compiled["example"]


def test_python_example_is_well_typed(packages: Packages, tmp_path: Path):
    script = tmp_path / "script.py"
    script.write_text(example("python") + PYTHON_FAULTS)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache/clients"), str(script)]
    environment = {**os.environ, "MYPYPATH": str(packages.site)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_packages_bring_their_types(packages: Packages):
    assert (packages.site / "opspilot365_connect/py.typed").exists()
    description = json.loads((packages.modules / "@opspilot365/connect/package.json").read_text())
    entry = description["exports"]["."]
    assert all((packages.modules / "@opspilot365/connect" / path).exists() for path in entry.values())


def test_nothing_that_is_made_from_the_contract_is_kept():
    command = ["git", "ls-files", "clients"]
    kept = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "clients/python/pyproject.toml" in kept
    assert not re.findall(r"contract\.ts|models\.py|operations\.py|LICENSE|dist/", kept)
