"""The pages of each listing. Positions are all a link carries, so every page can be made at any time."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from devstack.microsoft365.answers import Ask, GraphError, next_link, read_position
from devstack.microsoft365.population import SKUS, Population
from devstack.microsoft365.world import TenantState, World

DEFAULT_PAGE: Final = 100
_DELTA_OBJECTS: Final = 200
_DELTA_MEMBERS: Final = 1000
_EMPTY_EVERY: Final = 25
_CHANGED: Final = 3
"""Numbers in the position of a page of changes; a page of the whole has one more."""
_GRAPH_APP: Final = "00000003-0000-0000-c000-000000000000"

Page = dict[str, Any]
Renderers = Mapping[str, Callable[[int], Any]]


def list_page(origin: str, ask: Ask, renderers: Renderers, size: int, default: int) -> Page:
    """Objects by index, only the selected properties; without `$select` all that the simulator knows."""
    (start,) = read_position(ask) or [0]
    end = min(size, start + (ask.top or default))
    chosen = _chosen(ask.select or tuple(renderers), renderers)
    page: Page = {"@odata.context": f"{origin}/v1.0/$metadata#{ask.path.strip('/')}"}
    if end < size:
        page["@odata.nextLink"] = next_link(origin, ask, [end])
    page["value"] = [{name: render(index) for name, render in chosen} for index in range(start, end)]
    return page


def _chosen(select: tuple[str, ...], renderers: Renderers) -> list[tuple[str, Callable[[int], Any]]]:
    return [(name, renderers.get(name, _null)) for name in select]


def _null(index: int) -> None:
    return None


def delta_page(origin: str, ask: Ask, population: Population) -> Page:
    """Two hundred objects a page, the size being the server's choice; groups with members, some pages empty."""
    if ask.query.get("$deltatoken") == "latest":
        return {"value": [], "@odata.deltaLink": _delta_link(origin, ask, population.users)}
    if ask.query.get("$deltatoken"):
        (users,) = read_position(ask, "$deltatoken") or [0]
        return changed_page(origin, ask, population, [users, 0, population.users])
    position = read_position(ask) or [0, 0, 0, population.users]
    if len(position) == _CHANGED:
        return changed_page(origin, ask, population, position)
    first, offset, number, users = position  # users: at the beginning, from where the next changes are told
    is_groups = ask.path.startswith("/groups")
    if is_groups and number % _EMPTY_EVERY == _EMPTY_EVERY - 1:
        return {"value": [], "@odata.nextLink": next_link(origin, ask, [first, offset, number + 1, users])}
    objects, position = (_group_deltas if is_groups else _user_deltas)(ask, population, first, offset)
    size = population.groups if is_groups else population.users
    page: Page = {"@odata.context": f"{origin}/v1.0/$metadata#{ask.path.strip('/').split('/')[0]}", "value": objects}
    if position[0] < size:
        return {**page, "@odata.nextLink": next_link(origin, ask, [*position, number + 1, users])}
    return {**page, "@odata.deltaLink": _delta_link(origin, ask, users)}


def changed_page(origin: str, ask: Ask, population: Population, position: list[int]) -> Page:
    """What is different from a tenant of so many users: a tenant changes by its number of users alone."""
    users, first, reached = position
    before = Population(replace(population.spec, users=users))
    is_groups = ask.path.startswith("/groups")
    size = max(population.groups, before.groups) if is_groups else max(population.users, users)
    if users == population.users:
        return {"value": [], "@odata.deltaLink": _delta_link(origin, ask, reached)}
    end = min(size, first + _DELTA_OBJECTS)
    change = _group_change if is_groups else _user_change
    found = [changed for index in range(first, end) if (changed := change(ask, before, population, index))]
    if end < size:
        return {"value": found, "@odata.nextLink": next_link(origin, ask, [users, end, reached])}
    return {"value": found, "@odata.deltaLink": _delta_link(origin, ask, reached)}


def _user_change(ask: Ask, before: Population, now: Population, user: int) -> Page | None:
    if user >= now.users:
        return {"id": now.id_of(1, user), "@removed": {"reason": "changed" if user % 2 else "deleted"}}
    if user < before.users:
        return None
    chosen = _chosen(ask.select or tuple(now.user_properties), now.user_properties)
    return {name: render(user) for name, render in chosen}


def _group_change(ask: Ask, before: Population, now: Population, group: int) -> Page | None:
    identifier = {"id": now.id_of(2, group)}
    if group >= now.groups:
        return {**identifier, "@removed": {"reason": "changed"}}
    names = tuple(name for name in ask.select or ("id", "displayName") if name != "members")
    shown = {**identifier, **{name: render(group) for name, render in _chosen(names, now.group_properties)}}
    is_new = group >= before.groups
    if "members" not in ask.select:
        return shown if is_new else None
    old, new = set() if is_new else _members(before, group), _members(now, group)
    gone = [{"id": member, "@removed": {"reason": "deleted"}} for member in sorted(old - new)]
    come = [{"@odata.type": "#microsoft.graph.user", "id": member} for member in sorted(new - old)]
    return {**shown, "members@delta": come + gone} if is_new or come or gone else None


def _members(population: Population, group: int) -> set[str]:
    numbers = range(population.group_size(group))
    return {population.id_of(1, population.member(group, number)) for number in numbers}


def _delta_link(origin: str, ask: Ask, users: int) -> str:
    return next_link(origin, ask, [users], "$deltatoken")


def _user_deltas(ask: Ask, population: Population, first: int, offset: int) -> tuple[list[Page], list[int]]:
    end = min(population.users, first + _DELTA_OBJECTS)
    chosen = _chosen(ask.select or tuple(population.user_properties), population.user_properties)
    return [{name: render(user) for name, render in chosen} for user in range(first, end)], [end, 0]


def _group_deltas(ask: Ask, population: Population, first: int, offset: int) -> tuple[list[Page], list[int]]:
    """A large group comes again and again, with further members each time."""
    names = tuple(name for name in ask.select or ("id", "displayName") if name != "members")
    chosen = _chosen(names, population.group_properties)
    objects: list[Page] = []
    group, budget = first, _DELTA_MEMBERS
    while group < population.groups and len(objects) < _DELTA_OBJECTS and budget > 0:
        graph_object: Page = {"id": population.id_of(2, group), **{name: render(group) for name, render in chosen}}
        size = population.group_size(group)
        end = min(size, offset + budget)
        if "members" in ask.select and size:
            graph_object["members@delta"] = [
                {"@odata.type": "#microsoft.graph.user", "id": population.id_of(1, population.member(group, number))}
                for number in range(offset, end)
            ]
        objects.append(graph_object)
        budget -= end - offset
        group, offset = (group + 1, 0) if end >= size else (group, end)
    return objects, [group, offset]


def members_page(origin: str, ask: Ask, population: Population) -> Page:
    """The members of one group."""
    group = next((g for g in range(population.groups) if population.id_of(2, g) == ask.values["id"]), None)
    if group is None:
        raise GraphError(
            404,
            "Request_ResourceNotFound",
            "Resource does not exist or one of its queried reference-property objects are not present.",
        )
    renderers = {"id": lambda number: population.id_of(1, population.member(group, number))}
    page = list_page(origin, ask, renderers, population.group_size(group), DEFAULT_PAGE)
    page["value"] = [{"@odata.type": "#microsoft.graph.user", **member} for member in page["value"]]
    return page


def directory_roles(ask: Ask, state: TenantState, roles: frozenset[str]) -> Page:
    """The roles of the one administrator, or of the tenant; without permission to read roles only their ids."""
    if "id" in ask.values and ask.values["id"] != state.population.id_of(9, 0):
        raise GraphError(404, "Request_ResourceNotFound", f"Resource '{ask.values['id']}' does not exist.")
    shows = "Directory.Read.All" in roles
    return {
        "value": [
            {
                "@odata.type": "#microsoft.graph.directoryRole",
                "id": state.population.id_of(7, number),
                "roleTemplateId": template if shows else None,
            }
            for number, template in enumerate(state.spec.admin_roles)
        ]
    }


def organization(ask: Ask, state: TenantState) -> Page:
    """The one organization."""
    spec = state.spec
    known = {
        "id": spec.tenant_id,
        "displayName": spec.display_name or spec.domain,
        "verifiedDomains": [
            {"name": spec.domain, "type": "Managed", "isDefault": True, "isInitial": False, "capabilities": "Email"}
        ],
        "tenantType": "AAD",
        "countryLetterCode": "DE",
        "preferredLanguage": "en",
        "createdDateTime": "2018-04-01T08:00:00Z",
        "onPremisesSyncEnabled": True,
        "technicalNotificationMails": [f"it@{spec.domain}"],
        "assignedPlans": [],
        "provisionedPlans": [],
        "mobileDeviceManagementAuthority": "intune" if spec.intune else "unknown",
    }
    names = ask.select or tuple(known)
    return {"value": [{name: known.get(name) for name in names}]}


def subscribed_skus(ask: Ask, population: Population) -> Page:
    """The tenant's subscriptions."""
    value = [
        {
            "id": f"{population.spec.tenant_id}_{sku_id}",
            "skuId": sku_id,
            "skuPartNumber": name,
            "appliesTo": "User",
            "capabilityStatus": "Enabled",
            "consumedUnits": population.assigned_of(number),
            "prepaidUnits": {"enabled": population.seats, "warning": 0, "suspended": 0, "lockedOut": 0},
            "servicePlans": [
                {"servicePlanId": sku_id, "servicePlanName": plan, "provisioningStatus": "Success", "appliesTo": "User"}
                for plan in plans
            ],
            "subscriptionIds": [sku_id],
        }
        for number, (sku_id, name, plans) in enumerate(SKUS)
    ]
    return {"value": value}


def grants_of(template: str, ask: Ask, state: TenantState, world: World, permission_ids: Mapping[str, str]) -> Page:
    """Our service principals and what was granted to them."""
    own, writing = state.population.id_of(8, 0), state.population.id_of(8, 1)
    if template.startswith("/servicePrincipals("):
        known = {world.scenario.app.client_id: own}
        if state.is_writing:
            known[world.scenario.app.write_client_id] = writing
        if ask.values["appId"] not in known:
            raise GraphError(404, "Request_ResourceNotFound", "Resource does not exist.")
        return {"id": known[ask.values["appId"]], "appId": ask.values["appId"], "accountEnabled": True}
    is_writing = writing in ask.path
    if template.endswith("/appRoleAssignments"):
        roles = world.scenario.app.write_permissions if is_writing else world.roles_of(state) or ()
        return {"value": [_assignment(role, ask, permission_ids) for role in roles]}
    scope = "" if is_writing else " ".join(sorted(state.delegated))
    grant = {"id": "delegated", "clientId": own, "consentType": "AllPrincipals", "scope": scope}
    return {"value": [grant] if scope else []}


def _assignment(role: str, ask: Ask, permission_ids: Mapping[str, str]) -> Page:
    principal = ask.path.split("/")[2]
    return {
        "id": f"grant-{role}",
        "appRoleId": permission_ids[role],
        "principalId": principal,
        "resourceId": _GRAPH_APP,
    }
