"""Tokens from Microsoft, by MSAL: app tokens for Graph and the admin's sign-in. The only file that imports MSAL."""

import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json import JSONDecodeError
from pathlib import Path
from typing import Any, Final

import jwt
import msal
import requests

from tenantsync.errors import (
    Cause,
    ConfigurationError,
    ConsentError,
    ConsentPendingError,
    ContractError,
    TenantSyncError,
    TransientError,
)
from tenantsync.guidance import Retry, find_sign_in_guidance
from tenantsync.outbound import Outbound
from tenantsync.settings import Settings

# MSAL would rather have form_post; but POST to the redirect address is the portal's, and needs its token
warnings.filterwarnings("ignore", message="response_mode", category=UserWarning, module="msal")

_CACHED_TENANTS: Final = 256
_ASSERTION_SECONDS: Final = 300
_LEEWAY_SECONDS: Final = 300
_EXCHANGE_RESOURCE: Final = "api://AzureADTokenExchange"
# Only believable shortly after the callback; `verify_consent` decides how long
_NOT_PROPAGATED: Final = frozenset({7000229, 700016, 65001})
# Whatever the OAuth error beside them says: the customer has switched the app off
_SWITCHED_OFF: Final = frozenset({7000112, 70001, 1000031})
_PASSING: Final = frozenset({"temporarily_unavailable", "server_error", "too_many_requests"})
_OUR_CREDENTIAL: Final = frozenset({7000215, 7000222, 700027, 7000218, 70002, 700030, 50012, 50013})


@dataclass(frozen=True, slots=True, repr=False)
class AppToken:
    """An app-only Graph token of one tenant, its identity already checked."""

    value: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class SignedInAdmin:
    """Who came back from the sign-in, from the id token, which is checked here."""

    tenant_id: str
    object_id: str
    directory_roles: tuple[str, ...]


class TokenSource:
    """App tokens per tenant; one MSAL application and cache per tenant, never shared between tenants."""

    def __init__(self, settings: Settings, outbound: Outbound) -> None:
        self._settings = settings
        self._outbound = outbound
        self._credential: Any = None
        self._applications: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    def fetch_app_token(self, tenant_id: str, *, fresh: bool = False) -> AppToken:
        """A Graph token for exactly this tenant.

        `fresh` forgets cached tokens first: MSAL would go on using one without the newly granted roles for an hour.
        Raises ConsentPendingError, ConsentError, ConfigurationError, TransientError, ContractError.
        """
        application = self._application(tenant_id, fresh=fresh)
        scope = f"{self._settings.graph_endpoint}/.default"
        result = _ask(lambda: application.acquire_token_for_client(scopes=[scope]))
        if "access_token" not in result:
            raise _token_failure(result)
        return self._checked(tenant_id, result["access_token"])

    def begin_sign_in(self, tenant_id: str, state: str) -> dict[str, Any]:
        """MSAL's flow (PKCE verifier, nonce, `auth_uri`): keep it on the server under the hash of `state`.

        The account is always asked for: an administrator who follows a strange link shall see where it leads.
        """
        application = self._new_application(tenant_id)
        flow: dict[str, Any] = application.initiate_auth_code_flow(
            scopes=[],
            redirect_uri=self._settings.callback_url,
            state=state,
            response_mode="query",
            prompt="select_account",
        )
        return flow

    def finish_sign_in(self, tenant_id: str, flow: dict[str, Any], fields: Mapping[str, str]) -> SignedInAdmin:
        """Redeems the code. Raises ConsentError `sign_in_failed` unless MSAL accepts state, nonce and PKCE."""
        application = self._new_application(tenant_id)
        try:
            result = _ask(lambda: application.acquire_token_by_auth_code_flow(flow, dict(fields)))
        except (ValueError, RuntimeError) as error:  # MSAL's words for a wrong state, and for a wrong id token
            raise ConsentError("sign_in_failed", "the answer does not belong to this sign-in") from error
        if "id_token" not in result:
            raise _sign_in_failure(result)
        claims = self._id_claims(result["id_token"])
        tenant = str(claims.get("tid", "")).lower()
        if not claims.get("oid"):
            raise ConsentError("sign_in_failed", "the answer names no person")
        if tenant == tenant_id and tenant not in str(claims["iss"]).lower().split("/"):
            raise ConsentError("sign_in_failed", "the id token's issuer does not fit its tenant")
        return SignedInAdmin(tenant, str(claims["oid"]), tuple(map(str, claims.get("wids", ()))))

    def _id_claims(self, id_token: str) -> dict[str, Any]:
        """Of a token that was made for this app and is still valid; MSAL looks at its nonce, and at nothing else.

        Its signature is TLS: it came from the token endpoint itself (OpenID Connect Core, 3.1.3.7).
        """
        try:
            claims: dict[str, Any] = jwt.decode(
                id_token,
                audience=self._settings.client_id,
                leeway=_LEEWAY_SECONDS,
                options={
                    "verify_signature": False,
                    "verify_aud": True,
                    "verify_exp": True,
                    "require": ["aud", "exp", "iss"],
                },
            )
        except jwt.InvalidTokenError as error:
            raise ConsentError("sign_in_failed", "the id token is not for this sign-in") from error
        return claims

    def _checked(self, tenant_id: str, access_token: str) -> AppToken:
        try:
            claims = jwt.decode(access_token, options={"verify_signature": False})
        except jwt.InvalidTokenError as error:
            raise ContractError("token_mismatch", "the token cannot be read") from error
        client = claims.get("appid") or claims.get("azp")
        if str(claims.get("tid", "")).lower() != tenant_id or client != self._settings.client_id:
            self.forget(tenant_id)
            raise ContractError("token_mismatch", "the token names another tenant or app")
        return AppToken(access_token, frozenset(claims.get("roles", ())))

    def forget(self, tenant_id: str) -> None:
        """Drops the tenant's cached tokens."""
        with self._lock:
            self._applications.pop(tenant_id, None)

    def _application(self, tenant_id: str, *, fresh: bool) -> Any:
        with self._lock:
            application = None if fresh else self._applications.get(tenant_id)
        if application is None:
            application = self._new_application(tenant_id)
        with self._lock:
            self._applications[tenant_id] = application
            self._applications.move_to_end(tenant_id)
            while len(self._applications) > _CACHED_TENANTS:
                self._applications.popitem(last=False)
        return application

    def _new_application(self, tenant_id: str) -> Any:
        if self._credential is None:
            self._credential = build_client_credential(self._settings)
        try:
            return _ask(
                lambda: msal.ConfidentialClientApplication(
                    self._settings.client_id,
                    client_credential=self._credential,
                    authority=f"{self._settings.login_endpoint}/{tenant_id}",
                    instance_discovery=False,  # the authority is ours to choose, nobody else is asked about it
                    http_client=self._outbound,
                    exclude_scopes=["offline_access"],
                )
            )
        except (ValueError, RuntimeError) as error:  # MSAL's word for an answer other than the tenant's OpenID metadata
            raise _metadata_failure(str(error)) from error


def build_client_credential(settings: Settings) -> Any:
    """MSAL's `client_credential` for the configured kind of proof."""
    credential = settings.credential
    if credential.client_secret:
        return credential.client_secret.reveal()
    if credential.managed_identity_client_id:
        return {"client_assertion": _managed_identity_assertion(credential.managed_identity_client_id)}
    return _certificate(Path(credential.certificate_path))


def _certificate(path: Path) -> dict[str, str]:
    if path.suffix.lower() in (".pfx", ".p12"):
        return {"private_key_pfx_path": str(path)}
    try:
        pem = path.read_text()
    except OSError as error:
        raise ConfigurationError("credential_rejected", "CLIENT_CERTIFICATE_PATH cannot be read") from error
    return {"private_key": pem, "public_certificate": pem}


def _managed_identity_assertion(client_id: str) -> Callable[[], str]:
    from azure.identity import ManagedIdentityCredential

    identity = ManagedIdentityCredential(client_id=client_id)

    def fetch_assertion() -> str:
        token: str = identity.get_token(f"{_EXCHANGE_RESOURCE}/.default").token
        return token

    refresher: Callable[[], str] = msal.AutoRefresher(fetch_assertion, expires_in=_ASSERTION_SECONDS)
    return refresher


def _ask(call: Callable[[], Any]) -> Any:
    """MSAL raises its own or requests' error for answers of 500 and above, json's for what is no JSON at all."""
    try:
        return call()
    except JSONDecodeError as error:
        raise TransientError("microsoft_unavailable", "the sign-in service's answer cannot be read") from error
    except (requests.HTTPError, msal.exceptions.MsalServiceError) as error:
        raise TransientError("microsoft_unavailable", "the sign-in service is not available") from error


def _metadata_failure(said: str) -> TenantSyncError:
    """MSAL gives the answer as text only; `invalid_tenant` is how Microsoft names a tenant it does not know."""
    if "invalid_tenant" in said or "AADSTS90002" in said:
        return ConsentPendingError("consent_not_found", "Microsoft does not know this tenant")
    return TransientError("microsoft_unavailable", "the sign-in service does not describe this tenant")


def _cause(result: Mapping[str, Any]) -> Cause:
    codes = result.get("error_codes") or ()
    code = f"AADSTS{codes[0]}" if codes else str(result.get("error", ""))
    return Cause(provider_code=code, request_id=str(result.get("correlation_id", "")))


def _token_failure(result: Mapping[str, Any]) -> TenantSyncError:
    codes = frozenset(result.get("error_codes") or ())
    cause = _cause(result)
    detail = f"Microsoft's sign-in service said {cause.provider_code}"
    if codes & _SWITCHED_OFF:
        return ConsentError("consent_lost", detail, cause=cause)
    if codes & _OUR_CREDENTIAL:
        return ConfigurationError("credential_rejected", detail, cause=cause)
    guidance = find_sign_in_guidance(cause.provider_code)
    is_passing = guidance is not None and guidance.retry is Retry.YES
    if is_passing or result.get("error") in _PASSING:
        return TransientError("microsoft_unavailable", detail, cause=cause)
    if codes & _NOT_PROPAGATED or result.get("error") in ("unauthorized_client", "invalid_grant"):
        return ConsentPendingError("consent_not_found", detail, cause=cause)
    if result.get("error") == "invalid_client":
        return ConfigurationError("credential_rejected", detail, cause=cause)
    return ConsentError("consent_not_found", detail, cause=cause)


def _sign_in_failure(result: Mapping[str, Any]) -> TenantSyncError:
    failure = _token_failure(result)
    if isinstance(failure, ConfigurationError | TransientError):
        return failure
    return ConsentError("sign_in_failed", failure.detail, cause=failure.cause)
