"""Settings from the environment: parsed once, every problem reported together, secrets never shown."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from os import R_OK, access
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from tenantsync.errors import ConfigurationError

GLOBAL_LOGIN: Final = "https://login.microsoftonline.com"
AUTOTASK_ZONES: Final = "https://webservices.autotask.net"
_NATIONAL_LOGINS: Final = ("https://login.microsoftonline.us", "https://login.partner.microsoftonline.cn")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_KEY_BYTES: Final = 32


class Secret:
    """A value that prints as `***`; `reveal()` is the only way to it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "***"


@dataclass(frozen=True, slots=True)
class Credential:
    """How the app proves itself to Microsoft: exactly one of the three is set."""

    client_secret: Secret | None = None
    certificate_path: str = ""
    managed_identity_client_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The validated configuration; endpoints have no trailing slash, ids are lower case."""

    login_endpoint: str
    graph_endpoint: str
    client_id: str
    credential: Credential
    callback_url: str
    portal_url: str
    api_audience: str
    allowed_msp_tenants: frozenset[str] | None
    """None allows every MSP (`*`)."""
    tables_connection_string: Secret | None
    tables_endpoint: str
    home_tenant_id: str
    operator_tenant_id: str
    connect_rate_per_minute: int
    ca_bundle: str
    other_login_endpoints: tuple[str, ...] = ()
    """Sign-in hosts of other Microsoft clouds, asked whether they know the tenant, too."""
    write_client_id: str = ""
    key_vault_url: str = ""
    """Where the secrets of MSPs are kept; without it they are sealed with `secrets_keys`, if there are any."""
    secrets_keys: tuple[Secret, ...] = ()
    """Keys of 32 bytes in base64: the first seals, all of them open."""
    admin_center_endpoint: str = "https://admin.microsoft.com"
    """Where a customer's administrator approves GDAP relationships."""
    webhook_signing_key: Secret | None = None
    webhook_origins: tuple[str, ...] = ()
    state_signing_key: Secret | None = None
    """Links for customers' administrators are derived from it, so that they are stored nowhere."""
    runs_at_once: int = 16
    is_sync_paused: bool = False
    """No sync begins: runs in flight end, others wait. For the time before an incompatible release."""
    consent_link_seconds: int = 7 * 24 * 3600
    """Customers' administrators answer mails late; a link is single use and void as soon as a newer one is made."""
    microsoft_timeout_seconds: int = 60
    """How long an answer of Microsoft's may stay away before the connection is given up."""
    connectwise_client_id: Secret | None = None
    autotask_integration_code: Secret | None = None
    autotask_zone_endpoint: str = AUTOTASK_ZONES
    psa_origins: tuple[str, ...] = ()

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Raises ConfigurationError that names every missing or wrong setting at once."""
        reader = _Reader(environment)
        settings = cls(
            login_endpoint=reader.origin("LOGIN_ENDPOINT", GLOBAL_LOGIN),
            graph_endpoint=reader.origin("GRAPH_ENDPOINT", "https://graph.microsoft.com"),
            client_id=reader.app_id("CLIENT_ID", "the id of the multi-tenant app registration"),
            credential=reader.credential(),
            callback_url=reader.public_url("CALLBACK_URL"),
            portal_url=reader.public_url("PORTAL_URL"),
            api_audience=reader.required("API_AUDIENCE", "the audience of the portal's API tokens"),
            allowed_msp_tenants=reader.msp_tenants("ALLOWED_MSP_TENANTS"),
            tables_connection_string=reader.secret("TABLES_CONNECTION_STRING"),
            tables_endpoint=reader.text("TABLES_ENDPOINT").rstrip("/"),
            home_tenant_id=reader.guid("HOME_TENANT_ID"),
            operator_tenant_id=reader.guid("OPERATOR_TENANT_ID"),
            connect_rate_per_minute=reader.positive("CONNECT_RATE_PER_MINUTE", 120),
            ca_bundle=reader.path("REQUESTS_CA_BUNDLE"),
            other_login_endpoints=reader.other_logins("OTHER_LOGIN_ENDPOINTS"),
            write_client_id=reader.guid("WRITE_CLIENT_ID"),
            key_vault_url=reader.vault("KEY_VAULT_URL"),
            secrets_keys=reader.keys("SECRETS_KEY"),
            admin_center_endpoint=reader.origin("ADMIN_CENTER_ENDPOINT", "https://admin.microsoft.com"),
            webhook_signing_key=reader.secret("WEBHOOK_SIGNING_KEY"),
            state_signing_key=reader.secret("STATE_SIGNING_KEY"),
            consent_link_seconds=reader.positive("CONSENT_LINK_SECONDS", 7 * 24 * 3600),
            runs_at_once=reader.positive("RUNS_AT_ONCE", 16),
            is_sync_paused=reader.flag("SYNC_PAUSED"),
            microsoft_timeout_seconds=reader.positive("MICROSOFT_TIMEOUT_SECONDS", 60),
            webhook_origins=reader.loopback_origins("WEBHOOK_LOOPBACK_ORIGINS"),
            connectwise_client_id=reader.secret("CONNECTWISE_CLIENT_ID"),
            autotask_integration_code=reader.secret("AUTOTASK_INTEGRATION_CODE"),
            autotask_zone_endpoint=reader.origin("AUTOTASK_ZONE_ENDPOINT", AUTOTASK_ZONES),
            psa_origins=reader.loopback_origins("PSA_LOOPBACK_ORIGINS", "https"),
        )
        if bool(settings.tables_connection_string) == bool(settings.tables_endpoint):
            reader.problems.append("TABLES_CONNECTION_STRING or TABLES_ENDPOINT: set exactly one of them")
        if settings.key_vault_url and settings.secrets_keys:
            reader.problems.append("KEY_VAULT_URL or SECRETS_KEY: set only one of them")
        if reader.problems:
            raise ConfigurationError("service_unavailable", "Settings: " + "; ".join(reader.problems))
        return settings


class _Reader:
    """Reads one setting after the other and remembers what was wrong."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self._environment.get(name, "").strip() or default

    def required(self, name: str, purpose: str) -> str:
        value = self.text(name)
        if not value:
            self.problems.append(f"{name} is missing: {purpose}")
        return value

    def app_id(self, name: str, purpose: str) -> str:
        """As Microsoft's tokens have it: a GUID in lower case."""
        value = self.required(name, purpose)
        with suppress(ValueError):
            return _guid(value)
        return value

    def secret(self, name: str) -> Secret | None:
        """None also for a Key Vault reference that Azure could not resolve: its text is no secret."""
        value = self.text(name)
        return Secret(value) if value and not value.startswith("@Microsoft.KeyVault(") else None

    def path(self, name: str) -> str:
        value = self.text(name)
        if value and not access(value, R_OK):
            self.problems.append(f"{name}: there is no such file, or it may not be read")
        return value

    def origin(self, name: str, default: str) -> str:
        value = self.text(name, default).rstrip("/").lower()
        parts = urlsplit(value)
        if parts.scheme != "https" or not parts.netloc or parts.path or parts.query:
            self.problems.append(f"{name} must be https://host[:port] without a path")
        return value

    def vault(self, name: str) -> str:
        return self.origin(name, "") if self.text(name) else ""

    def keys(self, name: str) -> tuple[Secret, ...]:
        parts = [part.strip() for part in self.text(name).split(",") if part.strip()]
        if not all(map(_is_key, parts)):
            self.problems.append(f"{name} must be 32 random bytes in base64; several keys are separated by commas")
            return ()
        return tuple(map(Secret, parts))

    def other_logins(self, name: str) -> tuple[str, ...]:
        """By default the national clouds for the global one, and none for a cloud of somebody's own."""
        is_global = self.text("LOGIN_ENDPOINT", GLOBAL_LOGIN).rstrip("/").lower() == GLOBAL_LOGIN
        default = ",".join(_NATIONAL_LOGINS) if is_global else ""
        endpoints = tuple(part.strip().rstrip("/") for part in self.text(name, default).split(",") if part.strip())
        if any(urlsplit(endpoint).scheme != "https" or urlsplit(endpoint).path for endpoint in endpoints):
            self.problems.append(f"{name} must be https://host[:port] without a path, separated by commas")
        return endpoints

    def loopback_origins(self, name: str, scheme: str = "http") -> tuple[str, ...]:
        origins = tuple(part.strip().rstrip("/") for part in self.text(name).split(",") if part.strip())
        if any(not _is_loopback_origin(origin, scheme) for origin in origins):
            self.problems.append(f"{name} must be {scheme}://127.0.0.1:port, separated by commas, for development only")
        return origins

    def public_url(self, name: str) -> str:
        value = self.required(name, "an address people's browsers can reach").rstrip("/")
        parts = urlsplit(value)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        if value and not (secure and parts.netloc and not parts.query and not parts.fragment):
            self.problems.append(f"{name} must be an https address (http only on loopback) without query")
        return value

    def guid(self, name: str) -> str:
        value = self.text(name)
        return self._checked(name, value, _guid, "must be a GUID") if value else ""

    def positive(self, name: str, default: int) -> int:
        return int(self._checked(name, self.text(name, str(default)), _positive, "must be a number above 0") or 0)

    def flag(self, name: str) -> bool:
        value = self.text(name, "0")
        if value not in ("0", "1"):
            self.problems.append(f"{name} must be 1 or 0")
        return value == "1"

    def msp_tenants(self, name: str) -> frozenset[str] | None:
        value = self.required(name, "comma-separated tenant ids of the MSPs, or *")
        if value == "*":
            return None
        parts = [part.strip() for part in value.split(",") if part.strip()]
        return frozenset(self._checked(name, part, _guid, "must be GUIDs or *") for part in parts)

    def credential(self) -> Credential:
        credential = Credential(
            self.secret("CLIENT_SECRET"),
            self.text("CLIENT_CERTIFICATE_PATH"),
            self.text("MANAGED_IDENTITY_CLIENT_ID"),
        )
        given = (credential.client_secret, credential.certificate_path, credential.managed_identity_client_id)
        if sum(map(bool, given)) != 1:
            self.problems.append(
                "CLIENT_SECRET, CLIENT_CERTIFICATE_PATH or MANAGED_IDENTITY_CLIENT_ID: set exactly one of them"
            )
        return credential

    def _checked(self, name: str, value: str, convert: Callable[[str], str], complaint: str) -> str:
        try:
            return convert(value)
        except ValueError:
            self.problems.append(f"{name} {complaint}")
            return ""


def _guid(text: str) -> str:
    return str(UUID(text))


def _is_key(text: str) -> bool:
    try:
        return len(b64decode(text, validate=True)) == _KEY_BYTES
    except ValueError:
        return False


def _positive(text: str) -> str:
    if int(text) < 1:
        raise ValueError(text)
    return text


def _is_loopback_origin(text: str, scheme: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme == scheme and parts.hostname in _LOOPBACK and not parts.path
