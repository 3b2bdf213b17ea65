"""How the simulated PSAs are set up, and how a running one is changed: settings with camelCase names in JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeVar

FAULT_KINDS: Final = frozenset(
    {
        *("down", "server_error", "throttle", "forbidden", "unauthorized", "redirect", "not_json"),
        *("drop", "hang", "truncate"),
        *("empty", "duplicate", "foreign_link", "huge_name"),
    }
)

_Spec = TypeVar("_Spec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong for every `every_nth` request whose path contains `path`, `times` times (None: always)."""

    kind: str
    path: str = ""
    every_nth: int = 1
    times: int | None = 1
    retry_after_seconds: int = 2

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known are {', '.join(sorted(FAULT_KINDS))}")


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorSpec:
    """What every PSA can be told."""

    latency_ms: int = 0
    faults: tuple[Fault, ...] = ()
    is_restricted: bool = False
    """The API user may ask, and is shown no company, without an error."""
    is_forbidden: bool = False
    """The API user's permission was taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectWiseSpec(VendorSpec):
    """Credentials, codebase and limit of the simulated ConnectWise."""

    company_id: str = "northwind"
    public_key: str = "AbCdEfGhIjKlMnOp"
    private_key: str = "simulated-private-key"
    client_id: str = "5e1f0000-0000-4000-8000-00000000c0de"
    codebase: str = "v2025_1/"
    requests_per_minute: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AutotaskSpec(VendorSpec):
    """Credentials, zone and limits of the simulated Autotask."""

    user_name: str = "api.user@northwind-msp.example"
    secret: str = "simulated-secret"  # noqa: S105 - of the simulated API user
    integration_code: str = "SIMULATEDTRACKINGIDENTIFIER"
    zone: str = "autotask_zone"
    """The origin the database lives on: `autotask_zone`, or `autotask_other_zone` after a move."""
    requests_per_hour: int = 10_000
    used_by_others: int = 0
    """Requests of the MSP's other integrations within the last hour."""
    threads: int = 3
    customer_label: str = "Customer"
    """What this MSP calls company type 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HaloSpec(VendorSpec):
    """Credentials, application permissions and limit of the simulated HaloPSA."""

    client_id: str = "9a1c0000-0000-4000-8000-00000000ba10"
    client_secret: str = "simulated-client-secret"  # noqa: S105 - of the simulated application
    tenant: str = "northwind"
    scopes: tuple[str, ...] = ("read:customers", "read:tickets", "edit:tickets")
    token_seconds: int = 3600
    requests_per_minute: int = 60
    hidden_every_nth: int = 0
    """Each n-th client is outside the agent's permissions: it is missing, and nothing says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A customer that must be there, with the website and Entra tenant people expect of it."""

    name: str
    domain: str
    tenant_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PsaScenario:
    """Everything the three simulators start with; each of them has the same companies."""

    companies: int = 200
    seed: int = 1
    known: tuple[Known, ...] = ()
    connectwise: ConnectWiseSpec = field(default_factory=ConnectWiseSpec)
    autotask: AutotaskSpec = field(default_factory=AutotaskSpec)
    halopsa: HaloSpec = field(default_factory=HaloSpec)


def read_scenario(path: Path) -> PsaScenario:
    """Raises TypeError or ValueError for what does not exist."""
    return parse_scenario(json.loads(path.read_text()))


def parse_scenario(document: Mapping[str, Any]) -> PsaScenario:
    """A scenario from JSON; vendors are under their names."""
    start, values = PsaScenario(), dict(document)
    values["known"] = [Known(**_snake_keys(item)) for item in values.get("known", ())]
    for vendor in ("connectwise", "autotask", "halopsa"):
        values[vendor] = changed(getattr(start, vendor), values.get(vendor, {}))
    return changed(start, values)


def changed(spec: _Spec, document: Mapping[str, Any]) -> _Spec:
    """The settings with what the document says; raises TypeError for a name there is not."""
    values = _snake_keys(document)
    if "faults" in values:
        values["faults"] = tuple(Fault(**_snake_keys(item)) for item in values["faults"])
    result: _Spec = replace(spec, **values)  # type: ignore[type-var]
    return result


def _snake_keys(document: Mapping[str, Any]) -> dict[str, Any]:
    return {_snake(name): tuple(value) if isinstance(value, list) else value for name, value in document.items()}


def _snake(name: str) -> str:
    return "".join(f"_{character.lower()}" if character.isupper() else character for character in name)
