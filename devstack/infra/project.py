"""Where the templates and the rest of the project must say the same."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from devstack.infra.bicep import Expression, Template, literal, text, walk
from devstack.infra.names import load
from tenantsync.identity.caller import Role
from tenantsync.metrics import ALL_METRICS
from tenantsync.permissions import PERMISSIONS
from tenantsync.problems import all_problems

_APP: Final = Path(__file__).resolve().parents[2]
_NOT_THE_APP: Final = ("devstack", "tests", "portal", "docs", "infra")
_LOGS: Final = ("logs.event", "logs.alert", "logs.failure")
_VARIABLE: Final = re.compile(r"\$\{(\w+)(?:=(.*))?\}")
_SIZES: Final[Mapping[str, range | frozenset[object]]] = {
    "instanceMemoryMB": frozenset({512, 2048, 4096}),
    "maximumInstances": range(40, 1001),
    "durableInstances": range(1, 41),
    "runsAtOnce": range(1, 1001),
    "hostRedundancy": frozenset({"Standard_LRS", "Standard_ZRS"}),
    "dataRedundancy": frozenset({"Standard_ZRS", "Standard_GZRS"}),
    "logRetentionDays": range(30, 731),
    "logGigabytesPerDay": range(1, 1001),
    "monthlyBudget": range(1, 1_000_001),
}
_DELEGATED: Final = {"Mail.Read": "570282fd-fa5c-430d-a7fd-fc8dc98a9dca"}
"""Microsoft's ids of delegated permissions of Graph."""
_SET_TO: Final[Mapping[str, str]] = {
    "MANAGED_IDENTITY_CLIENT_ID": "identity.outputs.clientId",
    "CALLBACK_URL": "callback",
    "PORTAL_URL": "portalOrigin",
    "API_AUDIENCE": "audience",
    "KEY_VAULT_URL": "vault.outputs.url",
    "TABLES_ENDPOINT": "tablesEndpoint",
    "AzureWebJobsStorage__accountName": "hostAccountName",
    "AzureWebJobsStorage__credential": "'managedidentity'",
    "AzureWebJobsStorage__clientId": "identityClientId",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "applicationInsightsConnectionString",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "'ClientId=${identityClientId};Authorization=AAD'",
}
"""Settings that must be exactly this, or the app reaches nothing, or somebody else's."""
_ONLY_LOCAL: Final = frozenset(
    {
        *(
            "LOGIN_ENDPOINT",
            "GRAPH_ENDPOINT",
            "OTHER_LOGIN_ENDPOINTS",
            "ADMIN_CENTER_ENDPOINT",
            "AUTOTASK_ZONE_ENDPOINT",
        ),
        *("CLIENT_SECRET", "CLIENT_CERTIFICATE_PATH", "REQUESTS_CA_BUNDLE", "TABLES_CONNECTION_STRING", "SECRETS_KEY"),
        *("CONNECT_RATE_PER_MINUTE", "CONSENT_LINK_SECONDS", "MICROSOFT_TIMEOUT_SECONDS"),
        *("WEBHOOK_LOOPBACK_ORIGINS", "PSA_LOOPBACK_ORIGINS"),
    }
)


def check_project(root: Path, templates: Mapping[Path, Template]) -> Iterator[tuple[Path, int, str]]:
    """Path, line (0: the file as a whole) and complaint for everything that is out of step."""
    infra = root / "infra"
    main = templates[infra / "main.bicep"]
    parameters = infra / "main.parameters.json"
    yield from ((parameters, 0, said) for said in _check_parameters(parameters, main))
    yield from _check_sizes(infra / "sizes", main)
    yield from ((root / "azure.yaml", 0, said) for said in _check_services(root, templates))
    yield from _check_queries(infra / "queries", templates)
    yield from _check_unused(main, templates)
    for template, check in (("registration", _check_registration), ("scheduler", _check_scheduler)):
        path = infra / f"app/{template}.bicep"
        yield from ((path, 0, said) for said in check(templates[path]))
    yield from ((main.path, 0, said) for said in (*_check_settings(templates), *_check_main(main)))
    told = set(main.of("output")) | {name for name, _ in _VARIABLE.findall(parameters.read_text())}
    yield from ((root / "portal/configure.mjs", 0, said) for said in _check_portal(root, told))


def _check_parameters(path: Path, main: Template) -> Iterator[str]:
    params, given = main.of("param"), json.loads(path.read_text())["parameters"]
    for name in sorted(given.keys() - params.keys()):
        yield f"main.bicep has no param {name}"
    for name in sorted(params.keys() - given.keys()):
        yield f"{name} of main.bicep is not here, so azd could not set it"
    for name in sorted(params.keys() & given.keys()):
        yield from _check_default(str(given[name]["value"]), params[name].decorators.get("allowed"), name)


def _check_default(value: str, allowed: Any, name: str) -> Iterator[str]:
    found = _VARIABLE.fullmatch(value)
    if found is None:
        yield f"{name} must come from the environment, like ${{NAME}}"
    elif allowed is not None and found[2] not in _strings(allowed):
        yield f"{name}: {found[2]!r} is not allowed by main.bicep"


def _strings(node: Any) -> set[str]:
    return {str(literal(item)) for item in walk(node) if item.type == "string"}


def _check_sizes(folder: Path, main: Template) -> Iterator[tuple[Path, int, str]]:
    loaded = {(main.path.parent / path).resolve() for path in load(main, "loadJsonContent")}
    read = {text(node).removeprefix("sizing.") for node in main.nodes if text(node).startswith("sizing.")}
    for path in sorted(loaded | set(folder.glob("*.json"))):
        if not path.exists() or path not in loaded:
            yield path, 0, "main.bicep and sizes/ do not have the same files"
            continue
        values = json.loads(path.read_text())
        if values.keys() != read:
            yield path, 0, f"main.bicep reads {sorted(read)}, here is {sorted(values)}"
        for name in values.keys() & _SIZES.keys():
            if values[name] not in _SIZES[name]:
                yield path, 0, f"{name} cannot be {values[name]!r}"


def _check_services(root: Path, templates: Mapping[Path, Template]) -> Iterator[str]:
    services = yaml.safe_load((root / "azure.yaml").read_text())["services"]
    tagged = [
        str(literal(node.named_children[1]))
        for template in templates.values()
        for node in template.nodes
        if node.type == "object_property" and text(node.named_children[0]) == "'azd-service-name'"
    ]
    if sorted(services) != sorted(tagged):
        yield f"its services are {sorted(services)}, the templates are tagged {sorted(tagged)}"
    for name, service in services.items():
        if not (_APP / service["project"]).is_dir():
            yield f"{name}: there is no folder {service['project']}"


def _check_unused(main: Template, templates: Mapping[Path, Template]) -> Iterator[tuple[Path, int, str]]:
    used = {(main.path.parent / module.target).resolve() for module in main.of("module").values()}
    for path in templates.keys() - used - {main.path}:
        yield path, 0, "no module uses this file"
    read = {text(node).replace("!", "") for node in main.nodes if node.type == "member_expression"}
    for module in main.of("module").values():
        path = (main.path.parent / module.target).resolve()
        for output in templates[path].of("output").values() if path in templates else ():
            if f"{module.name}.outputs.{output.name}" not in read:
                yield path, output.line, f"nobody reads output {output.name}"


def _check_registration(template: Template) -> Iterator[str]:
    wanted = {item.name: item.role_id for item in PERMISSIONS if item.role_id}
    if (found := template.settled(Expression("applicationPermissions"))) != wanted:
        yield f"application permissions must be those of tenantsync/permissions.py, {wanted}, not {found}"
    delegated = template.settled(Expression("delegatedPermissions"))
    asked = {item.name: _DELEGATED[item.name] for item in PERMISSIONS if item.kind == "delegated"}
    if delegated != asked:
        yield f"delegated permissions must be those of tenantsync/permissions.py, {asked}, not {delegated}"
    roles = template.settled(Expression("apiRoles"))
    if not isinstance(roles, dict) or roles.keys() != {role.value for role in Role}:
        yield f"app roles must be those of tenantsync/identity/caller.py, {sorted(Role)}"


def _check_scheduler(template: Template) -> Iterator[str]:
    hub = json.loads((_APP / "host.json").read_text())["extensions"]["durableTask"]["hubName"]
    if template.settled(Expression("taskHubName")) != hub:
        yield f"taskHubName must be {hub}, the hubName of host.json"
    if ";Authentication=ManagedIdentity;ClientID=${identityClientId}'" not in text(template.root):
        yield "the connection string must name the identity: Authentication=ManagedIdentity;ClientID=..."


# What the app reads and writes


def _check_settings(templates: Mapping[Path, Template]) -> Iterator[str]:
    source = (_APP / "tenantsync/settings.py").read_text()
    read = set(re.findall(r"(?:reader|self)\.\w+\(\s*\"([A-Z_]+)\"", source))
    deployed = {
        text(node.named_children[0]): text(node.named_children[1])
        for template in templates.values()
        for node in template.nodes
        if node.type == "object_property"
    }
    for name in sorted(read - _ONLY_LOCAL - deployed.keys()):
        yield f"the app reads {name}, and nothing sets it"
    for name, wanted in _SET_TO.items():
        if name in deployed and deployed[name] != wanted:
            yield f"{name} must be {wanted}, not {deployed[name]}"
        elif name not in deployed:
            yield f"{name} is not set"


def _check_main(main: Template) -> Iterator[str]:
    """That the callback is a route of the app, and each secret one that the documents tell people to make."""
    source, paths = text(main.root), (_APP / "openapi.yaml").read_text()
    for path in re.findall(r"azurewebsites\.net(/[\w/-]+)'", source):
        if f"\n  {path}:\n" not in paths:
            yield f"the app has no route {path}"
    told = (_APP / "docs/deploy.md").read_text()
    for secret in re.findall(r"SecretName=([\w-]+)", source):
        if f"--name {secret} " not in told:
            yield f"docs/deploy.md does not say that the vault needs {secret}"


def _check_portal(root: Path, told: set[str]) -> Iterator[str]:
    source = (root / "portal/configure.mjs").read_text()
    read = set(re.findall(r'(?:needed|optional)\(\s*"([A-Z_]+)"', source))
    for name in sorted(read - told - {"LOGIN_ENDPOINT", "PORTAL_DIST"}):
        yield f"it reads {name}, which the deployment does not tell"


def _check_queries(folder: Path, templates: Mapping[Path, Template]) -> Iterator[tuple[Path, int, str]]:
    used = {
        (item.path.parent / path).resolve() for item in templates.values() for path in load(item, "loadTextContent")
    }
    for path in sorted(used | set(folder.glob("*.kql"))):
        if not path.exists():
            yield path, 0, "a template loads this file, and it is not there"
        elif path not in used:
            yield path, 0, "no template loads this query"
        else:
            yield from ((path, 0, said) for said in _check_query(path.read_text()))


def _check_query(query: str) -> Iterator[str]:
    yield from _check_events(query)
    yield from _check_metrics(query)
    codes = {problem.code for problem in all_problems()}
    for code in set(re.findall(r"problem=(\w+)", query)) - codes:
        yield f"there is no problem {code}"


def _check_events(query: str) -> Iterator[str]:
    written = _events()
    for event in re.findall(r'startswith "(\w+) "', query):
        if event not in written:
            yield f"the app never logs {event}"
        for name in re.findall(r'(\w+)=[^"=]*"', query):
            if name not in written.get(event, {name}):
                yield f"{event} has no field {name}"


def _check_metrics(query: str) -> Iterator[str]:
    measured = {metric.name: set(metric.attributes) for metric in ALL_METRICS}
    for name in re.findall(r'Name == "([^"]+)"', query):
        if name not in measured:
            yield f"there is no metric {name}"
        for attribute in set(re.findall(r"Properties\.(\w+)", query)) - measured.get(name, set()):
            yield f"{name} has no attribute {attribute}"


@cache
def _events() -> Mapping[str, set[str]]:
    """The fields of each event the app logs."""
    found: dict[str, set[str]] = {}
    for path in _APP.glob("[a-z]*/**/*.py"):
        if path.relative_to(_APP).parts[0] not in _NOT_THE_APP:
            for event, fields in _logged(ast.parse(path.read_text())):
                found.setdefault(event, set()).update(fields)
    return found


def _logged(module: ast.Module) -> Iterator[tuple[str, set[str]]]:
    constants = {
        ast.unparse(line.target): line.value.value
        for line in module.body
        if isinstance(line, ast.AnnAssign) and isinstance(line.value, ast.Constant)
    }
    for call in ast.walk(module):
        if isinstance(call, ast.Call) and ast.unparse(call.func) in _LOGS:
            name = call.args[0]
            event = name.value if isinstance(name, ast.Constant) else constants.get(ast.unparse(name))
            yield str(event), {keyword.arg or "" for keyword in call.keywords}
