"""Who can sign in to the local portal, and what the portal is told about where to do so."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

PORTAL_CLIENT_ID: Final = "c0ffee00-0000-4000-8000-00000000c130"
PEOPLE: Final[Mapping[str, tuple[tuple[str, str, tuple[str, ...]], ...]]] = {
    "northwind.example": (
        ("tech", "Tessa Connor", ("Read", "Connect")),
        ("ops", "Omar Petrov", ("Read", "Ops")),
        ("reader", "Rina Reyes", ("Read",)),
        ("admin", "Ada Novak", ("Read", "Connect", "Support", "Ops")),
    ),
    "tailspin.example": (
        ("tech", "Theo Lang", ("Read", "Connect")),
        ("ops", "Olga Marsh", ("Read", "Ops")),
    ),
}
"""By an MSP's domain: the first part of the address, the name, the app roles without their prefix."""


def describe_msp(tenant_id: str, name: str, domain: str) -> dict[str, Any]:
    """An MSP of a scenario file with its people."""
    people = [
        {"name": person, "username": f"{part}@{domain}", "roles": [f"Onboarding.{role}" for role in roles]}
        for part, person, roles in PEOPLE[domain]
    ]
    return {"tenantId": tenant_id, "name": name, "domain": domain, "people": people}


def write_portal_config(path: Path, login: str, audience: str, metadata: Mapping[str, Any]) -> None:
    """What a deployment would write as the portal's /config.json; `metadata` is the sign-in service's own document.

    The portal gets it here, because a browser's fetch fails until somebody has accepted the certificate on a page.
    """
    config = {
        "clientId": PORTAL_CLIENT_ID,
        "authority": f"{login}/organizations",
        "knownAuthorities": [login.removeprefix("https://")],
        "authorityMetadata": json.dumps(metadata),
        "scope": f"{audience}/access_as_user",
        "api": "",
        "loginOrigin": login,
        "isSimulated": True,
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(config))
