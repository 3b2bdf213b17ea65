"""The use case: what a portal has to know of its user, so that it offers only what this caller may do."""

from typing import Any

from tenantsync.identity.caller import Caller, Role
from tenantsync.services import Services


def describe_caller(caller: Caller, services: Services) -> dict[str, Any]:
    """The checked token in the API's words; of its roles only the ones that open something here."""
    return {
        "mspId": caller.msp_id,
        "userId": caller.user_id,
        "roles": [role.value for role in Role if role in caller.roles],
        "isOperator": caller.is_operator,
        "registeredNotifications": services.webhooks.read(caller.msp_id) is not None,
    }
