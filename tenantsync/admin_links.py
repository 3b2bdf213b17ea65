"""The two links an administrator is sent with: to consent, and to sign in. Each has a single-use state of its own."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import orjson

from tenantsync import logs
from tenantsync.clock import to_rfc3339
from tenantsync.identity.consent import hash_state, new_state
from tenantsync.services import Services
from tenantsync.store.callback_states import CallbackState, Leg

_NOT_KEPT: Final = ("state", "auth_uri")
"""Only the link itself holds them: who reads the table cannot come back with somebody's state."""


def begin_consent(errand: CallbackState, services: Services) -> str:
    """The state to put into the consent link; only its hash is stored."""
    state = new_state()
    services.callback_states.create(_of_now(errand, state, Leg.CONSENT))
    return state


def begin_sign_in(errand: CallbackState, services: Services, lifetime: timedelta) -> str:
    """The address of the sign-in by which the tenant's administrator proves himself, good for `lifetime`."""
    state = new_state()
    flow = services.tokens.begin_sign_in(errand.tenant_id, state)
    kept = {name: value for name, value in flow.items() if name not in _NOT_KEPT}
    signing_in = replace(
        _of_now(errand, state, Leg.SIGN_IN),
        expires_at=to_rfc3339(services.clock.now() + lifetime),
        flow=orjson.dumps(kept).decode(),
        used_at="",
    )
    services.callback_states.create(signing_in)
    return str(flow["auth_uri"])


def _of_now(errand: CallbackState, state: str, leg: Leg) -> CallbackState:
    return replace(errand, state_hash=hash_state(state), leg=leg, correlation_id=logs.correlation_id())
