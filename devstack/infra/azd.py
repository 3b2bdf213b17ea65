"""What azd and Azure expect around the templates: scopes, names, services, hooks, variables, extensions."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from devstack.infra.bicep import Declaration, Template, at, text

_APP: Final = Path(__file__).resolve().parents[2]
_UNIQUE: Final = "${resourceToken}"
_UNIQUE_LENGTH: Final = 13
"""What `uniqueString` gives."""
_STORAGE_NAME: Final = re.compile(r"[a-z0-9]{3,24}")
_NAMES: Final = {
    ("storage", "hostAccountName"): _STORAGE_NAME,
    ("storage", "dataAccountName"): _STORAGE_NAME,
    ("vault", "name"): re.compile(r"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){2,23}"),
    ("app", "siteName"): re.compile(r"[a-z0-9][a-z0-9-]{0,58}[a-z0-9]"),
    ("scheduler", "name"): re.compile(r"[a-zA-Z0-9-]{3,64}"),
    ("portal", "name"): re.compile(r"[a-z0-9-]{1,40}"),
}
"""Microsoft's rules for the names of what must be unique in the world."""
_HOSTS: Final = {"function": "Microsoft.Web/sites", "staticwebapp": "Microsoft.Web/staticSites"}
_LANGUAGES: Final = {"python": "requirements.txt", "js": "package.json"}
_VARIABLES: Final = {"environmentName": "AZURE_ENV_NAME", "location": "AZURE_LOCATION"}
"""Params that azd itself gives; every other one comes from a variable of its own name."""


def check_azd(root: Path, templates: Mapping[Path, Template]) -> Iterator[tuple[Path, int, str]]:
    """Path, line (0: the file as a whole) and complaint for everything `azd up` would stumble over."""
    infra = root / "infra"
    main = templates[infra / "main.bicep"]
    yield from ((main.path, line, said) for line, said in (*_check_scopes(main), *_check_made_names(main)))
    for said in _check_variables(infra / "main.parameters.json"):
        yield infra / "main.parameters.json", 0, said
    for name, service in yaml.safe_load((root / "azure.yaml").read_text())["services"].items():
        yield from ((root / "azure.yaml", 0, f"{name}: {said}") for said in _check_service(name, service, templates))
    yield from _check_extensions(infra / "bicepconfig.json", templates)


def _check_scopes(main: Template) -> Iterator[tuple[int, str]]:
    if not any(text(node).split() == ["targetScope", "=", "'subscription'"] for node in main.root.named_children):
        yield 1, "targetScope must be 'subscription': the resource group is made here"
    for module in main.of("module").values():
        if at(module.body, "scope") != "group":
            yield module.line, f"module {module.name} must have scope: group"


def _check_made_names(main: Template) -> Iterator[tuple[int, str]]:
    seen: dict[str, str] = {}
    for (owner, param), rule in _NAMES.items():
        module = main.of("module")[owner]
        name = _made_name(main, module, param)
        if not rule.fullmatch(name):
            yield module.line, f"module {owner}: {param} would be {name}, which Azure refuses"
        if name in seen:
            yield module.line, f"module {owner}: {param} would be {name}, as that of {seen[name]}"
        seen[name] = f"{owner}.{param}"


def _made_name(main: Template, module: Declaration, param: str) -> str:
    value = main.settled(at(module.body, f"params.{param}"))
    return str(value).strip("'").replace(_UNIQUE, "a" * _UNIQUE_LENGTH)


def _check_variables(path: Path) -> Iterator[str]:
    for name, given in json.loads(path.read_text())["parameters"].items():
        wanted = _VARIABLES.get(name, re.sub(r"([A-Z])", r"_\1", name).upper())
        found = re.match(r"\$\{(\w+)", str(given["value"]))
        if found and found[1] != wanted:
            yield f"{name} must come from {wanted}, not {found[1]}"


def _check_service(name: str, service: Mapping[str, Any], templates: Mapping[Path, Template]) -> Iterator[str]:
    if _HOSTS.get(service["host"]) not in _tagged(name, templates):
        yield f"host {service['host']} is not what the templates tag as this service"
    folder, needed = _APP / service["project"], _LANGUAGES.get(service["language"])
    if needed is None or not (folder / needed).exists():
        yield f"a project in {service['language']} needs {needed or 'another language'}"
    if "dist" in service and f'"{service["dist"]}"' not in _read(folder / "build.mjs"):
        yield f"the build does not write to {service['dist']}"
    for script in re.findall(r"[\w./-]+\.mjs", str(service.get("hooks", ""))):
        if not (folder / script).exists():
            yield f"its hook runs {script}, which is not there"


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _tagged(name: str, templates: Mapping[Path, Template]) -> set[str]:
    return {
        resource.target.partition("@")[0]
        for template in templates.values()
        for resource in template.of("resource").values()
        if f"'azd-service-name': '{name}'" in str(at(resource.body, "tags"))
    }


def _check_extensions(config: Path, templates: Mapping[Path, Template]) -> Iterator[tuple[Path, int, str]]:
    known = json.loads(config.read_text())["extensions"]
    used = {name for path in templates for name in re.findall(r"^extension (\w+)$", path.read_text(), re.MULTILINE)}
    for name in sorted(used ^ known.keys()):
        yield config, 0, f"extension {name} is not both known here and used"
