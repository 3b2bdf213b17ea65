"""The scenario file: which app, MSPs and tenants there are, and what goes wrong for whom."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

FAULT_KINDS: Final = frozenset(
    {
        "throttle",
        "throttle_no_header",
        "throttle_date",
        "unavailable",
        "drop",
        "hang",
        "truncate",
        "expired_page",
        "unknown_page",
        "error_in_200",
        "repeat_page",
        "loop",
        "empty_page",
        "duplicate",
        "repeat_objects",
        "forbidden",
        "expired_token",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Every `every_nth` request of a path fails, `times` times at most (None: always)."""

    path: str
    kind: str
    every_nth: int = 1
    times: int | None = 1
    retry_after_seconds: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSpec:
    """One simulated tenant."""

    tenant_id: str
    domain: str
    display_name: str = ""
    users: int = 200
    seed: int = 1
    intune: bool = True
    concealed_names: bool = False
    secure_score: bool = True
    consented: bool = False
    granted_permissions: tuple[str, ...] | None = None
    admin_roles: tuple[str, ...] = ("62e90394-69f5-4237-9190-012177145e10",)
    """Directory role template ids of the one who signs in; by default Global Administrator."""
    shows_roles_in_tokens: bool = False
    """As after `groupMembershipClaims: DirectoryRole` in the app registration."""
    partner_service: bool = False
    """For a partner: whether Partner Customer Delegated Administration is there, which app-only access needs."""
    contracts: tuple[str, ...] = ()
    """For a partner: the tenant ids of customers reached by DAP."""
    gdap_customers: tuple[str, ...] = ()
    """For a partner: the tenant ids of customers with a relationship that is active from the beginning."""
    propagation_seconds: float = 0.0
    latency_ms: int = 0
    held_paths: tuple[str, ...] = ()
    """Of Graph, such as `/v1.0/users`: who asks for one waits until the tenant is changed, and it is none of them."""
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSpec:
    """The app registration."""

    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...] = ()
    api_audience: str = ""
    display_name: str = "OpsPilot365 Connect"
    write_client_id: str = ""
    """The registration for unattended changes, and what it declares."""
    write_permissions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalSpec:
    """The registration of the portal, a single-page application; its users are the MSPs' people."""

    client_id: str
    redirect_uris: tuple[str, ...] = ()
    access_token_seconds: int = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSpec:
    """Somebody who signs in to the portal; `roles` are the app roles their administrator has assigned."""

    name: str
    username: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MspSpec:
    """An MSP whose technicians call the portal's API."""

    tenant_id: str
    name: str = ""
    domain: str = ""
    people: tuple[PersonSpec, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything the simulator starts with."""

    app: AppSpec
    portal: PortalSpec | None = None
    msps: tuple[MspSpec, ...] = ()
    tenants: tuple[TenantSpec, ...] = field(default_factory=tuple)


def read_scenario(path: Path) -> Scenario:
    """Raises ValueError that names an unknown key or a missing one."""
    document: dict[str, Any] = json.loads(path.read_text())
    return Scenario(
        app=_build(AppSpec, document["app"]),
        portal=_build(PortalSpec, document["portal"]) if "portal" in document else None,
        msps=tuple(parse_msp_spec(msp) for msp in document.get("msps", ())),
        tenants=tuple(parse_tenant_spec(tenant) for tenant in document.get("tenants", ())),
    )


def parse_tenant_spec(document: Mapping[str, Any], known: TenantSpec | None = None) -> TenantSpec:
    """A tenant from JSON; with `known`, a change to it."""
    values = {name: getattr(known, name) for name in _names(TenantSpec)} if known else {}
    changes = _values(TenantSpec, document)
    if "faults" in changes:
        changes["faults"] = tuple(_parse_fault(fault) for fault in changes["faults"])
    for name in ("tenant_id", "domain"):
        if name in changes:
            changes[name] = str(changes[name]).lower()
    return TenantSpec(**{**values, **changes})


def parse_msp_spec(document: Mapping[str, Any]) -> MspSpec:
    """An MSP and its people from JSON."""
    values = _values(MspSpec, document)
    return MspSpec(**{**values, "people": tuple(_build(PersonSpec, person) for person in values.get("people", ()))})


def _parse_fault(document: Mapping[str, Any]) -> Fault:
    fault: Fault = _build(Fault, document)
    if fault.kind not in FAULT_KINDS:
        raise ValueError(f"unknown fault {fault.kind!r}; known are {', '.join(sorted(FAULT_KINDS))}")
    return fault


def _build(kind: Any, document: Mapping[str, Any]) -> Any:
    return kind(**_values(kind, document))


def _values(kind: Any, document: Mapping[str, Any]) -> dict[str, Any]:
    values = {_snake(name): _frozen(value) for name, value in document.items()}
    if unknown := sorted(set(values) - _names(kind)):
        raise ValueError(f"{kind.__name__} has no {', '.join(unknown)}")
    return values


def _names(kind: Any) -> set[str]:
    return {item.name for item in fields(kind)}


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _snake(name: str) -> str:
    return "".join(f"_{character.lower()}" if character.isupper() else character for character in name)
