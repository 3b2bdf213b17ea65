"""Begins the sign-in by which a tenant's administrator proves himself, for whatever he was asked to do."""

from dataclasses import replace
from datetime import timedelta

import orjson

from tenantsync.clock import to_rfc3339
from tenantsync.identity.consent import hash_state, new_state
from tenantsync.services import Services
from tenantsync.store.callback_states import CallbackState, Leg


def begin_sign_in(bound: CallbackState, services: Services, lifetime: timedelta) -> str:
    """The address of the sign-in, for the errand `bound` belongs to; PKCE verifier and nonce stay here."""
    state = new_state()
    flow = services.tokens.begin_sign_in(bound.tenant_id, state)
    signing_in = replace(
        bound,
        state_hash=hash_state(state),
        leg=Leg.SIGN_IN,
        expires_at=to_rfc3339(services.clock.now() + lifetime),
        flow=orjson.dumps(flow).decode(),
        used_at="",
    )
    services.callback_states.create(signing_in)
    return str(flow["auth_uri"])
