"""Turns what a technician types into a tenant's GUID and cloud, by Microsoft's OpenID metadata."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import idna
import requests

from tenantsync.errors import Cause, ContractError, RequestError, TransientError
from tenantsync.outbound import Outbound

_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MSA_TENANT: Final = "9188040d-6c67-4c5b-b112-36a304b66dad"
_GENERIC: Final = frozenset({"common", "organizations", "consumers"})
_MAX_DOMAIN: Final = 253
_PROBE_SECONDS: Final = (3, 5)
_MALFORMED: Final = 900021
_UNKNOWN_TENANT: Final = frozenset({90002, 5000224})
_CLOUD_BY_INSTANCE: Final = {"microsoftonline.us": "us_government", "partner.microsoftonline.cn": "china"}
_CLOUD_NAMES: Final = {
    "global": "the worldwide cloud",
    "gcc": "the US Government cloud (GCC)",
    "gcc_high": "the US Government cloud (GCC High)",
    "dod": "the cloud of the US Department of Defense",
    "us_government": "the US Government cloud",
    "china": "the Chinese cloud (21Vianet)",
}
_CLOUD_BY_SUB_SCOPE: Final = {"GCC": "gcc", "DODCON": "gcc_high", "DOD": "dod"}
_GOVERNMENT_REGIONS: Final = frozenset({"USG", "USGOV"})


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant as Microsoft describes it; `domain` is what was typed, None when a GUID was."""

    tenant_id: str
    domain: str | None
    cloud: str


def is_guid(text: str) -> bool:
    """Whether `text` is a lower-case GUID."""
    return _GUID.fullmatch(text) is not None


def parse_tenant(text: str, refused: frozenset[str] = frozenset()) -> str:
    """A lower-case GUID or an IDNA-encoded domain; raises RequestError `invalid_tenant`."""
    value = text.strip().lower().removesuffix(".")
    if value in _GENERIC or value == _MSA_TENANT:
        raise RequestError("invalid_tenant", f"\u201c{value}\u201d is not one customer's tenant.")
    if value in refused:
        raise RequestError("invalid_tenant", "This is the operator's own tenant.")
    return value if is_guid(value) else _parse_domain(value)


def _parse_domain(value: str) -> str:
    try:
        domain = idna.encode(value, uts46=True, std3_rules=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        domain = ""
    if "." not in domain or len(domain) > _MAX_DOMAIN or domain.rsplit(".", 1)[-1].isdigit():
        raise RequestError("invalid_tenant", "This is neither a domain (contoso.com) nor a GUID.")
    return domain


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What other clouds said: tenants of that name, hosts that did not answer, and how many were asked."""

    tenants: tuple[Tenant, ...]
    silent: tuple[str, ...]
    asked: int


def name_cloud(cloud: str) -> str:
    """The cloud in words, to be put into a sentence."""
    return _CLOUD_NAMES.get(cloud, "a cloud this service does not know")


def cloud_family(cloud: str) -> str:
    """The separate world a cloud belongs to: one app registration serves one of them."""
    return {"gcc": "global", "gcc_high": "us_government", "dod": "us_government"}.get(cloud, cloud)


class Authority:
    """Asks the configured sign-in host about tenants, and others only whether they know the same name."""

    def __init__(self, login_endpoint: str, outbound: Outbound, others: Sequence[str] = ()) -> None:
        self._login_endpoint = login_endpoint
        self._outbound = outbound
        self._others = others

    def fetch_tenant(self, name: str) -> Tenant:
        """Resolves the outcome of `parse_tenant`.

        Raises RequestError `tenant_not_found` or `invalid_tenant`, TransientError when Microsoft does not answer.
        """
        return self._resolve(self._login_endpoint, name)

    def find_elsewhere(self, name: str) -> Elsewhere:
        """What the sign-in hosts of other clouds know of the name; a host that does not answer is only noted."""
        if not self._others:
            return Elsewhere((), (), 0)
        with ThreadPoolExecutor(len(self._others)) as pool:
            asked = [pool.submit(copy_context().run, self._probe, endpoint, name) for endpoint in self._others]
            found = [answer.result() for answer in asked]
        tenants = tuple(item for item in found if isinstance(item, Tenant))
        return Elsewhere(tenants, tuple(item for item in found if isinstance(item, str)), len(self._others))

    def _probe(self, endpoint: str, name: str) -> Tenant | str | None:
        """The tenant, None when that cloud does not know it, or the host's name when it did not say."""
        try:
            return self._resolve(endpoint, name, timeout=_PROBE_SECONDS)
        except RequestError:
            return None
        except (TransientError, ContractError):
            return urlsplit(endpoint).hostname or endpoint

    def _resolve(self, endpoint: str, name: str, **options: Any) -> Tenant:
        metadata = self._fetch_metadata(endpoint, name, options)
        path = urlsplit(str(metadata.get("issuer", ""))).path.strip("/").split("/")
        endpoint_path = urlsplit(str(metadata.get("token_endpoint", ""))).path.strip("/").split("/")
        tenant_id = next((part for part in (path[0].lower(), endpoint_path[0].lower()) if is_guid(part)), None)
        if tenant_id is None or (is_guid(name) and tenant_id != name):
            raise ContractError("unexpected_answer", "the OpenID metadata names no tenant")
        return Tenant(tenant_id, None if is_guid(name) else name, _cloud_of(metadata))

    def _fetch_metadata(self, endpoint: str, name: str, options: dict[str, Any]) -> dict[str, object]:
        url = f"{endpoint}/{name}/v2.0/.well-known/openid-configuration"
        response = self._outbound.get(url, **options)
        if (
            response.status_code >= requests.codes.internal_server_error
            or response.status_code == requests.codes.too_many
        ):
            raise TransientError("microsoft_unavailable", f"sign-in service answered {response.status_code}")
        body = _json_object(response)
        if response.ok:
            return body
        raise _refusal(name, body)


def _refusal(name: str, body: dict[str, object]) -> RequestError:
    codes = body.get("error_codes")
    known = frozenset(codes) if isinstance(codes, list) else frozenset()
    cause = Cause(provider_code=f"AADSTS{codes[0]}") if isinstance(codes, list) and codes else None
    is_unknown = body.get("error") == "invalid_tenant" and _MALFORMED not in known
    if is_unknown or known & _UNKNOWN_TENANT:
        return RequestError("tenant_not_found", f"Microsoft knows no tenant \u201c{name}\u201d.", cause=cause)
    return RequestError("invalid_tenant", f"Microsoft does not accept \u201c{name}\u201d as a tenant.", cause=cause)


def _json_object(response: requests.Response) -> dict[str, object]:
    try:
        body = response.json()
    except requests.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise TransientError("microsoft_unavailable", f"sign-in service answered {response.status_code} without JSON")
    return body


def _cloud_of(metadata: dict[str, object]) -> str:
    """`global`, `gcc`, `gcc_high`, `dod`, `us_government`, `china` or `unknown`: few values are documented."""
    instance = str(metadata.get("cloud_instance_name", "")).lower()
    sub_scope = str(metadata.get("tenant_region_sub_scope") or "").upper()
    if sub_scope in _CLOUD_BY_SUB_SCOPE:
        return _CLOUD_BY_SUB_SCOPE[sub_scope]
    if str(metadata.get("tenant_region_scope") or "").upper() in _GOVERNMENT_REGIONS:
        return "us_government"
    return _CLOUD_BY_INSTANCE.get(instance, "global" if instance in ("", "microsoftonline.com") else "unknown")
