"""The steps of an onboarding on fakes, for tests that begin in the middle of one."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from callback.handler import receive_redirect
from callback.outcome import StartRun
from connect.handler import parse_connect_request, start_connection
from tenantsync.identity.caller import Caller, Role
from tenantsync.identity.consent import CallbackFields
from tenantsync.services import Services
from tenantsync.store.runs import Run
from tenantsync.web import Reply
from tests.fakes.microsoft import MSP, TENANT, FakeMicrosoft

TECHNICIAN = Caller(MSP, "technician", frozenset({Role.CONNECT, Role.READ}))


@dataclass
class Started:
    """Stands for the orchestration's starter and remembers what it was asked to start."""

    runs: list[Run] = field(default_factory=list)

    def __call__(self, run: Run) -> None:
        self.runs.append(run)


def connect(
    services: Services, *, caller: Caller = TECHNICIAN, tenant: str = "contoso.com", **more: Any
) -> dict[str, Any]:
    """The answer of POST connect."""
    body = {"tenant": tenant, "customer": {"name": "Contoso"}, **more}
    return start_connection(parse_connect_request(body, services.settings), caller, services)


def state_of(url: str) -> str:
    """The state in a link to Microsoft."""
    return query_of(url)["state"]


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def redirect(services: Services, start: StartRun, **fields: str) -> Reply:
    """Microsoft's redirect to GET callback."""
    return receive_redirect(CallbackFields.parse(fields), services, start)


def sign_in_link(services: Services, connected: dict[str, Any], start: StartRun) -> str:
    """Accepts the consent; gives the address of the sign-in that follows."""
    reply = redirect(services, start, state=state_of(connected["authUrl"]), admin_consent="True", tenant=TENANT)
    return reply.headers["Location"]


def finish_sign_in(services: Services, microsoft: FakeMicrosoft, link: str, start: StartRun) -> Reply:
    """The admin signs in and comes back."""
    microsoft.nonce = query_of(link)["nonce"]
    return redirect(services, start, state=state_of(link), code="one-time-code")


def onboard(services: Services, microsoft: FakeMicrosoft) -> Run:
    """Everything up to a run that is about to verify consent."""
    started = Started()
    link = sign_in_link(services, connect(services), started)
    finish_sign_in(services, microsoft, link, started)
    return started.runs[0]
