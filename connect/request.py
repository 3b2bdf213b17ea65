"""What a technician sends to connect a tenant, checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from connect.ticket import NO_TICKET, TicketChoice, parse_ticket
from tenantsync.bodies import Body, CustomerChoice, read_text, refuse_unknown
from tenantsync.errors import RequestError
from tenantsync.identity.authority import parse_tenant
from tenantsync.outbound import origin_of
from tenantsync.partner.access import GdapWish, parse_access
from tenantsync.settings import Settings

_FIELDS: Final = frozenset({"customerId", "customer", "tenant", "cloud", "access", "returnUrl", "ticketRef"})
_CLOUDS: Final = frozenset({"global", "gcc", "gcc_high", "dod", "us_government", "china"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectRequest:
    """A checked request; `cloud` is empty unless the technician chose one, `gdap` None for direct access."""

    tenant: str
    customer: CustomerChoice
    cloud: str = ""
    return_url: str = ""
    ticket: TicketChoice = NO_TICKET
    gdap: GdapWish | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightRequest:
    """A checked look at a tenant before anything is asked for."""

    tenant: str
    cloud: str = ""


def parse_preflight_request(params: Mapping[str, str], settings: Settings) -> PreflightRequest:
    """From `tenant` and `cloud` of the query; raises RequestError as for a connect."""
    return PreflightRequest(tenant=_parse_tenant(params, settings), cloud=_parse_cloud(params))


def parse_connect_request(body: Body, settings: Settings) -> ConnectRequest:
    """Raises RequestError that names the field and what it should be."""
    refuse_unknown(body, _FIELDS)
    gdap = parse_access(body.get("access"))
    return ConnectRequest(
        customer=CustomerChoice.parse(body),
        tenant=_parse_tenant(body, settings),
        cloud=_parse_cloud(body),
        return_url=_parse_return_url(read_text(body, "returnUrl", optional=True), settings.portal_url),
        ticket=parse_ticket(body),
        gdap=gdap,
    )


def _parse_tenant(body: Body, settings: Settings) -> str:
    refused = frozenset({settings.home_tenant_id} - {""})
    return parse_tenant(read_text(body, "tenant", code="invalid_tenant"), refused)


def _parse_cloud(body: Body) -> str:
    cloud = read_text(body, "cloud", optional=True)
    if cloud and cloud not in _CLOUDS:
        raise RequestError("invalid_request", f"`cloud` must be one of {', '.join(sorted(_CLOUDS))}.")
    return cloud


def _parse_return_url(url: str, portal_url: str) -> str:
    """A path of the portal or an address of its origin; anything a browser could read as another host is refused."""
    if url and not (_is_path(url) or _is_portal_address(url, portal_url)):
        raise RequestError("invalid_return_url", "`returnUrl` must be a path or an address of the portal.")
    return url


def _is_path(url: str) -> bool:
    # `//` anywhere in it, as in `/.//host`: a browser that has resolved the dots sees a host behind it
    return url.startswith("/") and "//" not in urlsplit(url).path and "\\" not in url and not url.startswith("//")


def _is_portal_address(url: str, portal_url: str) -> bool:
    try:
        is_same_origin = origin_of(url) == origin_of(portal_url)
        return is_same_origin and "@" not in urlsplit(url).netloc and "\\" not in url
    except ValueError:
        return False
