"""`dev.py up`: the whole stack, left running, with a few tenants to try things on."""

import argparse
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any, Final

from devstack.host.server import HostBusyError, bind
from devstack.psa.local import LocalPsa, company_of
from devstack.stack import Ports, Stack, StackError
from devstack.storage import StorageError

_TENANTS: Final[tuple[dict[str, Any], ...]] = (
    {"domain": "contoso.com", "displayName": "Contoso", "users": 2000},
    {"domain": "fabrikam.com", "displayName": "Fabrikam (no Intune)", "users": 200, "intune": False},
    {"domain": "adatum.com", "displayName": "Adatum (concealed report names)", "users": 200, "concealedNames": True},
    {"domain": "litware.com", "displayName": "Litware (slow propagation)", "users": 200, "propagationSeconds": 20},
    {
        "domain": "treyresearch.com",
        "displayName": "Trey Research (who signs in is no administrator)",
        "users": 200,
        "showsRolesInTokens": True,
        "adminRoles": ["fe930be7-5e62-47db-91af-98c3a49a38b1"],
    },
    {
        "domain": "proseware.com",
        "displayName": "Proseware (throttled)",
        "users": 5000,
        "faults": [{"path": "/v1.0/users", "kind": "throttle", "everyNth": 3, "times": 3, "retryAfterSeconds": 5}],
    },
)
_WATCH_SECONDS: Final = 1.0


def main() -> int:
    """0 after Ctrl-C or SIGTERM, 3 when the stack did not come up, 4 when a part of it ended by itself."""
    parser = argparse.ArgumentParser(prog="dev.py up", description=__doc__)
    parser.add_argument("--port", type=int, default=7071, help="of the API and the portal (default 7071)")
    parser.add_argument("--data", type=Path, default=Path(".devstack/data"))
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        bind(arguments.port).close()
        serve(arguments.data, arguments.port)
    except (StackError, StorageError, HostBusyError) as error:
        print(error, file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
    return 0


def serve(directory: Path, port: int) -> None:
    """Runs until interrupted."""
    print("Starting the simulator, the table store and the Functions host ...", file=sys.stderr)
    tenants = [{"tenantId": tenant_id(number), **tenant} for number, tenant in enumerate(_TENANTS)]
    psa = LocalPsa({"known": [company_of(tenant) for tenant in tenants]})
    partner = {"contracts": [tenant_id(1)], "gdapCustomers": [tenant_id(2)]}
    with Stack(directory, tenants, Ports.free(port), psa=psa, partner=partner) as stack:
        print(instructions(stack, psa), flush=True)
        while True:
            stack.check()
            time.sleep(_WATCH_SECONDS)


def tenant_id(number: int) -> str:
    """A GUID of its own for each tenant to try."""
    return f"d3300000-0000-4000-8000-{number + 1:012x}"


def instructions(stack: Stack, psa: LocalPsa) -> str:
    """What to type next."""
    domains = "\n".join(f"  {tenant['domain']:<16} {tenant['displayName']}" for tenant in stack.tenants)
    connections = "\n".join(f"  {provider:<12} {json.dumps(values)}" for provider, values in psa.values().items())
    ca = stack.certificates.ca
    return f"""
{stack.api}/ is up. Ctrl-C stops everything.

Tenants to connect:
{domains}

A technician's token, then connect, then open the answer's authUrl in a browser (or follow it with curl):
  TOKEN={stack.portal_token("Connect", "Read")}
  curl -s -X POST {stack.api}/api/msp-portal/tenants/connect -H "Authorization: Bearer $TOKEN" \\
    -H "Content-Type: application/json" -d '{{"tenant": "contoso.com", "customer": {{"name": "Contoso"}}}}'

Watch:
  curl -s {stack.api}/api/msp-portal/tenants/{tenant_id(0)}/sync-status -H "Authorization: Bearer $TOKEN"

PSAs, and what to PUT to {stack.api}/api/msp-portal/psa/NAME to connect one:
{connections}

Their truth, limits and faults: {psa.origins["control"]}/_simulator

The simulated sign-in pages are served with a certificate of {ca}; a browser asks once whether to go on.
Logs are in {stack.logs}.
"""


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
