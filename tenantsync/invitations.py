"""A link for a tenant's administrator that can be shown again at any time, and opened any number of times.

The link is derived from the connection with a key, so it is stored nowhere. Opening it makes a consent link: one an
hour and connection, however often it is opened, so that a mail scanner's visits neither use the administrator's link up
nor fill the store.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from tenantsync.clock import parse_rfc3339
from tenantsync.errors import ConflictError, RequestError
from tenantsync.identity.consent import hash_state
from tenantsync.services import Services
from tenantsync.settings import Settings
from tenantsync.store.callback_states import CallbackState, Leg
from tenantsync.store.connections import Connection, ConnectionState
from tenantsync.store.runs import RunState

_GUID_BYTES: Final = 16
_TOKEN_BYTES: Final = 2 * _GUID_BYTES + hashlib.sha256().digest_size
_TOKEN_CHARACTERS: Final = 86
_RESULTS: Final = {
    ConnectionState.DECLINED: "declined",
    ConnectionState.WRONG_TENANT: "wrong_tenant",
    ConnectionState.CANCELLED: "cancelled",
    ConnectionState.FAILED: "error",
}


def invitation_url(connection: Connection, settings: Settings) -> str:
    """The link; raises RequestError `invitations_unavailable` on a service without the key."""
    callback = urlsplit(settings.callback_url)
    token = _encode(_identity(connection) + _sign(settings, b"invitation", _identity(connection)))
    return f"{callback.scheme}://{callback.netloc}/api/msp-portal/invitations?token={token}"


def find_invited(token: str, services: Services) -> Connection | None:
    """The connection a link is about; None for a link that is none of ours."""
    content = _decode(token)
    identity, signature = content[: 2 * _GUID_BYTES], content[2 * _GUID_BYTES :]
    if len(content) != _TOKEN_BYTES or services.settings.state_signing_key is None:
        return None
    if not hmac.compare_digest(signature, _sign(services.settings, b"invitation", identity)):
        return None
    msp_id, connection_id = (str(UUID(bytes=part)) for part in (identity[:_GUID_BYTES], identity[_GUID_BYTES:]))
    return services.connections.read(msp_id, connection_id)


def why_closed(connection: Connection, services: Services) -> str:
    """The result the administrator is shown instead of Microsoft's page; empty while the invitation is open."""
    if connection.state == ConnectionState.STARTED:
        return _how_it_went(connection, services)
    if connection.state != ConnectionState.AWAITING_CONSENT:
        return _RESULTS[ConnectionState(connection.state)]
    is_over = services.clock.now() >= parse_rfc3339(connection.expires_at)
    return "expired" if is_over or not services.connections.is_latest(connection) else ""


def _how_it_went(connection: Connection, services: Services) -> str:
    owner = services.owners.read(connection.tenant_id)
    if owner and owner.connection_id == connection.connection_id:
        return "connected"
    run = services.runs.read(connection.run_id)
    return "verifying" if run and run.state == RunState.VERIFYING else "error"


def consent_url(connection: Connection, services: Services) -> str:
    """Microsoft's consent page for an open invitation."""
    hour = services.clock.now().strftime("%Y-%m-%dT%H").encode()
    state = _encode(_sign(services.settings, b"state", _identity(connection) + hour))
    link = CallbackState(
        state_hash=hash_state(state),
        leg=Leg.CONSENT,
        msp_id=connection.msp_id,
        connection_id=connection.connection_id,
        tenant_id=connection.tenant_id,
        expires_at=connection.expires_at,
        correlation_id=connection.correlation_id,
    )
    with suppress(ConflictError):  # opened before in this hour
        services.callback_states.create(link)
    return services.consent_link.build(connection.tenant_id, state)


def _identity(connection: Connection) -> bytes:
    return UUID(connection.msp_id).bytes + UUID(connection.connection_id).bytes


def _sign(settings: Settings, purpose: bytes, content: bytes) -> bytes:
    if settings.state_signing_key is None:
        raise RequestError("invitations_unavailable")
    return hmac.digest(settings.state_signing_key.reveal().encode(), purpose + b":" + content, "sha256")


def _encode(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def _decode(token: str) -> bytes:
    """Nothing for what no link can be; a link has one way to be written only."""
    if len(token) != _TOKEN_CHARACTERS or not token.isascii():
        return b""
    try:
        content = urlsafe_b64decode(token + "==")
    except ValueError:
        return b""
    return content if _encode(content) == token else b""
