"""docs/settings.md: every setting the app reads, its default from settings.py, its place on Azure from infra/."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tenantsync.settings import Settings

_INFRA: Final = Path(__file__).resolve().parent.parent / "infra"
_EXAMPLE: Final = {
    "CLIENT_ID": "app",
    "CLIENT_SECRET": "of-the-app",
    "CALLBACK_URL": "https://api.example/callback",
    "PORTAL_URL": "https://portal.example",
    "API_AUDIENCE": "api",
    "ALLOWED_MSP_TENANTS": "*",
    "TABLES_ENDPOINT": "https://tables.example",
}
"""The least that is accepted: what is read beyond it has a default, or may be missing."""
_ONE_OF: Final = frozenset(
    {"CLIENT_SECRET", "CLIENT_CERTIFICATE_PATH", "MANAGED_IDENTITY_CLIENT_ID"}
    | {"TABLES_ENDPOINT", "TABLES_CONNECTION_STRING"}
)
_PURPOSES: Final[Mapping[str, str]] = {
    "LOGIN_ENDPOINT": "Microsoft's sign-in host, without a path",
    "GRAPH_ENDPOINT": "Microsoft Graph's host, without a path",
    "CLIENT_ID": "application id of the multi-tenant app registration",
    "CLIENT_SECRET": "the app's proof: a secret, for development",
    "CLIENT_CERTIFICATE_PATH": "the app's proof: a PEM or PFX file with certificate and key",
    "MANAGED_IDENTITY_CLIENT_ID": "the app's proof: a managed identity, a federated credential of the registration",
    "CALLBACK_URL": "the registered redirect address, https (http on loopback only)",
    "PORTAL_URL": "where the administrator lands, and the only origin a `returnUrl` may have",
    "API_AUDIENCE": "audience of the portal's tokens",
    "ALLOWED_MSP_TENANTS": "tenant ids of the MSPs, separated by commas, or `*`",
    "TABLES_CONNECTION_STRING": "the data tables: a connection string, for development",
    "TABLES_ENDPOINT": "the data tables: their address, reached with the managed identity",
    "HOME_TENANT_ID": "our own tenant: refused as a customer; connect checks credential and registration by it",
    "OPERATOR_TENANT_ID": "the tenant whose Support and Ops reach all MSPs",
    "CONNECT_RATE_PER_MINUTE": "connects of one MSP in a minute; above it 429",
    "REQUESTS_CA_BUNDLE": "certificate authorities to trust instead of the usual ones",
    "OTHER_LOGIN_ENDPOINTS": "sign-in hosts of other clouds that are asked for the tenant, too",
    "WRITE_CLIENT_ID": "a second app registration, for unattended changes",
    "KEY_VAULT_URL": "the vault that keeps the credentials of PSAs",
    "SECRETS_KEY": "instead of a vault, for development: 32 random bytes in base64; the first of several seals",
    "ADMIN_CENTER_ENDPOINT": "where customers approve GDAP",
    "WEBHOOK_SIGNING_KEY": "signs notifications; without it there are none",
    "STATE_SIGNING_KEY": "makes the links of many tenants connected at once; without it there are none",
    "CONSENT_LINK_SECONDS": "for how long a consent link is good",
    "RUNS_AT_ONCE": "tenants that sync at once; a quarter of the places is kept for people",
    "SYNC_PAUSED": "`1`: no sync begins, see [operations](operations.md)",
    "MICROSOFT_TIMEOUT_SECONDS": "how long an answer of Microsoft's may stay away",
    "WEBHOOK_LOOPBACK_ORIGINS": "origins notifications may go to in development",
    "CONNECTWISE_CLIENT_ID": "how this product is registered with ConnectWise",
    "AUTOTASK_INTEGRATION_CODE": "how this product is registered with Autotask",
    "AUTOTASK_ZONE_ENDPOINT": "Autotask's zone lookup",
    "PSA_LOOPBACK_ORIGINS": "origins a PSA may have in development",
}


class _Recording(dict[str, str]):
    """An environment that remembers what was looked for, in that order."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.asked: dict[str, None] = {}

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        self.asked[name] = None
        return super().get(name, default)


def settings_page() -> Iterator[str]:
    """The page's lines; raises KeyError for a setting nobody described."""
    environment = _Recording(_EXAMPLE)
    settings = Settings.from_env(environment)
    yield "# Settings"
    yield ""
    yield "Made from `tenantsync/settings.py` and `infra/` by `python3 dev.py docs`. Read from the environment once,"
    yield "when the app starts; all that is wrong with them is told at once. Empty means not set."
    yield ""
    yield "| Setting | What | Default | On Azure |"
    yield "|---|---|---|---|"
    for name in environment.asked:
        yield f"| `{name}` | {_PURPOSES[name]} | {_default(name, settings)} | {_on_azure(name)} |"
    yield ""
    yield "Of the three proofs, and of the two ways to the tables, exactly one is set; of vault and key at most one."


def _default(name: str, settings: Settings) -> str:
    if name in _ONE_OF:
        return "one of them"
    if name in _EXAMPLE:
        return "needed"
    value = getattr(settings, {"SYNC_PAUSED": "is_sync_paused"}.get(name, name.lower()), None)
    values = value if isinstance(value, tuple) else (value,)
    shown = [f"`{int(item) if isinstance(item, bool) else item}`" for item in values if item not in (None, "")]
    return ", ".join(shown) or "none"


def _on_azure(name: str) -> str:
    """Who sets it: the person who deploys, the vault, or the template by itself."""
    deployed = (_INFRA / "main.bicep").read_text() + (_INFRA / "app/function.bicep").read_text()
    given = re.search(rf"^\s+{name}: (.+)$", deployed, re.MULTILINE)
    if f"${{{name}" in (_INFRA / "main.parameters.json").read_text():
        return f"`azd env set {name}`"
    if given is None:
        return "not set"
    secret = re.search(r"SecretName=([\w-]+)", given[1])
    return f"secret `{secret[1]}` of the vault" if secret else "by the template"
