"""Sign-in hosts whose names do not resolve: a passing failure, told to nobody as lost consent."""

from dataclasses import replace

import pytest

from tenantsync.errors import TransientError
from tenantsync.identity.tokens import TokenSource
from tenantsync.outbound import Outbound
from tenantsync.services import Services
from tests.fakes.microsoft import TENANT

NOWHERE = "https://does-not-exist.invalid"


def test_token_of_a_sign_in_service_nobody_finds_is_tried_again(services: Services):
    outbound = Outbound((NOWHERE,))
    tokens = TokenSource(replace(services.settings, login_endpoint=NOWHERE), outbound)
    with pytest.raises(TransientError) as failure:
        tokens.fetch_app_token(TENANT)
    assert (failure.value.code, failure.value.action.value) == ("microsoft_unavailable", "retry")
    outbound.close()
