"""The steps of an onboarding on fakes, for tests that begin in the middle of one."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from activities.verify_consent import verify_consent
from callback.handler import receive_redirect
from connect.handler import start_connection
from connect.request import parse_connect_request
from tenantsync.clock import to_rfc3339
from tenantsync.identity.caller import Caller, Role
from tenantsync.identity.consent import CallbackFields
from tenantsync.services import Services
from tenantsync.store.progress import ResourceProgress, ResourceState
from tenantsync.store.runs import Run, RunState
from tenantsync.web import Reply
from tests.fakes.microsoft import MSP, TENANT, FakeMicrosoft
from tests.fakes.orchestrations import Started

TECHNICIAN = Caller(MSP, "technician", frozenset({Role.CONNECT, Role.READ}))


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


def redirect(services: Services, start: Started, **fields: str) -> Reply:
    """Microsoft's redirect to GET callback."""
    return receive_redirect(CallbackFields.parse(fields), services, start)


def sign_in_link(services: Services, connected: dict[str, Any], start: Started) -> str:
    """Accepts the consent; gives the address of the sign-in that follows."""
    reply = redirect(services, start, state=state_of(connected["authUrl"]), admin_consent="True", tenant=TENANT)
    return reply.headers["Location"]


def finish_sign_in(services: Services, microsoft: FakeMicrosoft, link: str, start: Started) -> Reply:
    """The admin signs in and comes back."""
    microsoft.nonce = query_of(link)["nonce"]
    return redirect(services, start, state=state_of(link), code="one-time-code")


def onboard(services: Services, microsoft: FakeMicrosoft) -> Run:
    """Everything up to a run that is about to verify consent."""
    started = Started()
    link = sign_in_link(services, connect(services), started)
    finish_sign_in(services, microsoft, link, started)
    return run_of(services, started)


def run_of(services: Services, started: Started) -> Run:
    """The run that was started."""
    run = services.runs.read(started.runs[0])
    assert run
    return run


def put_resource(services: Services, run_id: str, state: ResourceState = ResourceState.COMPLETED) -> None:
    """Stores a plan of one resource."""
    services.runs.plan([ResourceProgress(run_id=run_id, resource="users", position=0, weight=1, state=state)])


def put_run(services: Services, run: Run) -> None:
    """Stores a run as it is, even one that has ended."""
    values = {name: getattr(run, name) for name in Run.__slots__ if name != "run_id"}
    services.runs.change(run.run_id, even_ended=True, **values)


def connected(services: Services, microsoft: FakeMicrosoft, state: RunState = RunState.COMPLETED) -> Run:
    """A tenant whose first run has ended; consent is verified unless the run failed."""
    run = onboard(services, microsoft)
    verify_consent(run.run_id, 5, services)
    services.runs.change(run.run_id, state=state, finished_at=run.started_at)
    services.note_state(run.msp_id, run.tenant_id, state)
    return replace(run, state=state)


def resource(run: Run, **more: Any) -> ResourceProgress:
    """Progress of the run's users."""
    standard: dict[str, Any] = {"run_id": run.run_id, "resource": "users", "position": 0, "weight": 1}
    return ResourceProgress(**{**standard, "state": ResourceState.RUNNING, **more})


def checkpoint(services: Services, run: Run, **changes: Any) -> None:
    """Writes a checkpoint of just now for the run's users."""
    stored = services.runs.read_resource(run.run_id, "users")
    assert stored
    moved = {"updated_at": to_rfc3339(services.clock.now()), **changes}
    services.runs.checkpoint(replace(stored.progress, **moved), stored.etag)
