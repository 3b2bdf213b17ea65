"""The page on which a customer's administrator approves a partner's GDAP relationship."""

from typing import Final

from aiohttp import web

from devstack.microsoft365.answers import GraphError
from devstack.microsoft365.facts import load_facts
from devstack.microsoft365.pages import approval_page, error_page, portal_page, told_page
from devstack.microsoft365.partner import GLOBAL_ADMINISTRATOR, Relationship
from devstack.microsoft365.world import TenantState, World

_INVITATION: Final = "/partners/invitation/granularAdminRelationships/{id}"


class AdminCenter:
    """Handlers on the login origin, which stands for the admin center's, too."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/AdminPortal/Home", self._shell),
            web.get(_INVITATION, self._ask),
            web.post(_INVITATION, self._approve),
        ]

    async def _shell(self, request: web.Request) -> web.Response:
        return portal_page()

    async def _ask(self, request: web.Request) -> web.Response:
        partner, relationship = self._find(request)
        if relationship.status != "approvalPending":
            return error_page("Request", f"This request is not open any more: {relationship.status}.")
        names = load_facts().built_in_roles
        roles = [names[role] for role in relationship.roles]
        accounts = {tenant_id: f"admin@{state.spec.domain}" for tenant_id, state in self._world.tenants.items()}
        return approval_page(_name_of(partner), relationship.duration, roles, accounts, relationship.customer_id)

    async def _approve(self, request: web.Request) -> web.Response:
        _, relationship = self._find(request)
        form = await request.post()
        if form.get("action") != "accept":
            return told_page("Not approved", "Nothing was changed.")
        customer = self._world.find(str(form.get("account_tenant") or relationship.customer_id))
        if customer is None or GLOBAL_ADMINISTRATOR not in customer.spec.admin_roles:
            return error_page("Access", "Only a Global Administrator of the organization can approve this.")
        try:
            relationship.approve(customer.spec.tenant_id, _name_of(customer), self._world.clock())
        except GraphError as error:
            return error_page("Request", error.message)
        return told_page("Approved", "The partner gets these roles in a moment.")

    def _find(self, request: web.Request) -> tuple[TenantState, Relationship]:
        found = self._world.find_relationship(request.match_info["id"])
        if found is None:
            raise web.HTTPNotFound
        return found


def _name_of(state: TenantState) -> str:
    return state.spec.display_name or state.spec.domain
