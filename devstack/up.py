"""`dev.py up`: the whole stack, left running, with a few tenants to try things on."""

import argparse
import json
import signal
import sys
import time
import webbrowser
from pathlib import Path
from typing import Any, Final

from devstack.claims import BusyError, bind, port_number
from devstack.portal_access import PEOPLE
from devstack.processes import StackError
from devstack.psa.local import LocalPsa, company_of
from devstack.stack import Ports, Stack
from devstack.storage import StorageError

_TENANTS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    (
        "all goes well",
        {"domain": "contoso.com", "displayName": "Contoso", "users": 2000},
    ),
    (
        "no Intune: its devices are skipped, and the portal says why",
        {"domain": "fabrikam.com", "displayName": "Fabrikam", "users": 200, "intune": False},
    ),
    (
        "names in reports are concealed: mailboxes are counted, nobody's is known",
        {"domain": "adatum.com", "displayName": "Adatum", "users": 200, "concealedNames": True},
    ),
    (
        "the consent takes 20 seconds to arrive everywhere at Microsoft",
        {"domain": "litware.com", "displayName": "Litware", "users": 200, "propagationSeconds": 20},
    ),
    (
        "who signs in is no administrator: nothing is connected",
        {
            "domain": "treyresearch.com",
            "displayName": "Trey Research",
            "users": 200,
            "showsRolesInTokens": True,
            "adminRoles": ["fe930be7-5e62-47db-91af-98c3a49a38b1"],
        },
    ),
    (
        "Microsoft throttles: the sync waits, and says until when",
        {
            "domain": "proseware.com",
            "displayName": "Proseware",
            "users": 5000,
            "faults": [{"path": "/v1.0/users", "kind": "throttle", "everyNth": 3, "times": 3, "retryAfterSeconds": 5}],
        },
    ),
)
"""What each shows, and the tenant."""
_WATCH_SECONDS: Final = 1.0


def main() -> int:
    """0 after Ctrl-C or SIGTERM, 3 when the stack did not come up, 4 when a part of it ended by itself."""
    parser = argparse.ArgumentParser(prog="dev.py up", description=__doc__)
    parser.add_argument("--port", type=port_number, default=7071, help="of the API and the portal (default 7071)")
    parser.add_argument("--data", type=Path, default=Path(".devstack/data"))
    parser.add_argument("--open", action="store_true", help="the portal in the browser")
    arguments = parser.parse_args()
    for ending in (signal.SIGINT, signal.SIGTERM):  # a script's background jobs begin with SIGINT ignored
        signal.signal(ending, _interrupt)
    try:
        bind(arguments.port).close()
        serve(arguments.data, arguments.port, opens_browser=arguments.open)
    except (StackError, StorageError, BusyError) as error:
        print(error, file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
    return 0


def serve(directory: Path, port: int, *, opens_browser: bool) -> None:
    """Runs until interrupted."""
    print("Starting the simulator, the table store and the Functions host ...", file=sys.stderr)
    tenants = [{"tenantId": tenant_id(number), **tenant} for number, (_, tenant) in enumerate(_TENANTS)]
    psa = LocalPsa({"known": [company_of(tenant) for tenant in tenants]})
    partner = {"contracts": [tenant_id(1)], "gdapCustomers": [tenant_id(2)]}
    with Stack(directory, tenants, Ports.free(port), psa=psa, partner=partner, is_traced=True) as stack:
        print(instructions(stack, psa, stack.portal_token("Connect", "Read")), flush=True)
        if opens_browser:
            webbrowser.open(f"{stack.api}/")
        while True:
            stack.check()
            time.sleep(_WATCH_SECONDS)


def tenant_id(number: int) -> str:
    """A GUID of its own for each tenant to try."""
    return f"d3300000-0000-4000-8000-{number + 1:012x}"


def instructions(stack: Stack, psa: LocalPsa, token: str) -> str:
    """What to open, who can sign in, what to try; `token` is a technician's."""
    connections = "\n".join(f"  {provider:<12} {json.dumps(values)}" for provider, values in psa.values().items())
    ca = stack.certificates.ca
    return f"""
The portal is at {stack.api}/          (Ctrl-C stops everything)

Sign in as one of these, no password is needed:
{_people()}

The sign-in pages have a certificate of this machine's own: the browser asks once whether to go on to localhost. Say
yes, or let it trust {ca} beforehand.

Tenants to connect, and what each shows:
{_tenants()}

PSAs to connect, with the values of PUT {stack.api}/api/msp-portal/psa/NAME:
{connections}

The same without a browser; open the answer's authUrl as the customer's administrator would:
  API={stack.api}/api/msp-portal AUTH="Authorization: Bearer {token}"
  curl -H "$AUTH" $API/tenants/connect -d '{{"tenant": "contoso.com", "customer": {{"name": "Contoso"}}}}'
  curl -H "$AUTH" $API/tenants/{tenant_id(0)}/sync-status

What the simulated PSAs hold, their limits and faults: {psa.origins["control"]}/_simulator
Logs: {stack.logs}
Traces and metrics: {stack.telemetry}, or a collector: OTEL_EXPORTER_OTLP_ENDPOINT
What was done for one id, of a run, a request (X-Correlation-Id) or Graph:
  python3 dev.py trace ID --data {stack.directory}
"""


def _people() -> str:
    listed = [
        f"  {f'{part}@{domain}':<26}{name}: {', '.join(roles)}"
        for domain, people in PEOPLE.items()
        for part, name, roles in people
    ]
    return "\n".join(listed)


def _tenants() -> str:
    return "\n".join(f"  {tenant['domain']:<18}{shows}" for shows, tenant in _TENANTS)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
