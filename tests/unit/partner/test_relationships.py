"""From connect with GDAP to the end of the relationship, on the rules of Microsoft's service."""

from dataclasses import replace
from typing import Any

import pytest

from activities.check_relationship import check_relationship
from devstack.microsoft365.partner import Relationship
from tenantsync import logs
from tenantsync.errors import RequestError, ThrottledError, TransientError
from tenantsync.partner.customers import gdap_customers
from tenantsync.partner.offering import finish_offer
from tenantsync.partner.watches import mend_watches, start_watches
from tenantsync.services import Services
from tenantsync.store.outbox import Webhook
from tenantsync.store.relationships import OwnRelationship
from tenantsync.wire import relationship_instance_id
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables, snapshot
from tests.fakes.microsoft import MSP, OTHER_TENANT, TENANT, Answer, FakeMicrosoft, graph_error, portal_token
from tests.fakes.orchestrations import Started
from tests.fakes.partner import GROUP, OTHER_GROUP, FakePartner, tenant_of
from tests.unit.journey import connect

DAY = 24 * 3600
GDAP: dict[str, Any] = {"model": "gdap"}
TOKEN = portal_token("Onboarding.Connect", "Onboarding.Read")
PATH = "/api/msp-portal/relationships"


def own(services: Services) -> OwnRelationship:
    (found,) = services.relationships.list_of_tenant(MSP, TENANT)
    return found


def look(services: Services) -> dict[str, Any]:
    """One look of the watch at the only relationship."""
    found = own(services)
    return check_relationship({"mspId": MSP, "tenantId": TENANT, "key": found.key}, services)


def opened(services: Services, partner: FakePartner, **wish: Any) -> Relationship:
    """A relationship the customer has approved, seen by the watch."""
    connect(services, access={**GDAP, **wish})
    relationship = partner.approve()
    look(services)
    return relationship


def actions(services: Services) -> list[str]:
    return [entry.action for entry in services.audit.read_page(MSP, "", 100, "")[0]]


@pytest.fixture
def webhook(services: Services) -> None:
    """The MSP wants to be told."""
    services.webhooks.put(
        Webhook(
            msp_id=MSP, url="https://hooks.example", version="1", updated_at="2026-01-01T00:00:00Z", updated_by="me"
        )
    )


def events_of(tables: MemoryTables) -> list[str]:
    return [row.key.partition("-")[2] for row in tables.scan("Outbox", "pending")]


# Asking


def test_connect_makes_a_relationship_locks_it_and_answers_both_links(services: Services, partner: FakePartner):
    answer = connect(services, access=GDAP)
    made, access = partner.only, answer["access"]
    assert (made.status, made.customer_id, made.duration, made.auto_extend) == (
        "approvalPending",
        TENANT,
        "P90D",
        "PT0S",
    )
    assert (access["model"], access["status"], access["relationshipId"]) == (
        "gdap",
        "approval_pending",
        made.relationship_id,
    )
    assert access["approvalUrl"].endswith(f"#/partners/invitation/granularAdminRelationships/{made.relationship_id}")
    assert answer["authUrl"].startswith("https://login.test/")
    assert access["expiresAt"].startswith("2026-05-31")
    assert len(made.display_name) <= 50
    tenant = services.tenants.read(MSP, TENANT)
    assert tenant
    assert (tenant.access_model, tenant.access_status) == ("gdap", "approval_pending")


def test_same_wish_gives_the_same_relationship_and_another_wish_another(services: Services, partner: FakePartner):
    first = connect(services, access=GDAP)["access"]["relationshipId"]
    again = connect(services, access=GDAP)["access"]["relationshipId"]
    other = connect(services, access={**GDAP, "duration": "P30D"})["access"]["relationshipId"]
    assert first == again != other
    assert len(partner.relationships) == 2


def test_a_new_one_can_be_asked_for_after_the_end_of_the_first(
    services: Services, partner: FakePartner, clock: FakeClock
):
    first = connect(services, access=GDAP)["access"]["relationshipId"]
    clock.advance(91 * DAY)
    look(services)
    second = connect(services, access=GDAP)["access"]["relationshipId"]
    assert first != second
    assert [item.status for item in partner.relationships.values()] == ["expired", "approvalPending"]


def test_crash_after_microsofts_creation_makes_nothing_twice(
    services: Services, partner: FakePartner, microsoft: FakeMicrosoft
):
    partner.fail_after.append(Answer(b"", 503))
    with pytest.raises(TransientError):
        connect(services, access=GDAP)
    assert own(services).status == "making"
    answer = connect(services, access=GDAP)
    assert answer["access"]["relationshipId"] == partner.only.relationship_id
    assert partner.only.status == "approvalPending"
    assert (
        len([asked for asked in microsoft.asked if asked.method == "POST" and asked.path.endswith("Relationships")])
        == 1
    )


def test_watch_finishes_what_a_crash_has_left(services: Services, partner: FakePartner):
    partner.fail_after.append(Answer(b"", 503))
    with pytest.raises(TransientError):
        connect(services, access=GDAP)
    assert look(services)["ended"] is False
    assert (own(services).status, partner.only.status) == ("approval_pending", "approvalPending")


def test_lock_that_got_lost_is_not_asked_for_twice(services: Services, partner: FakePartner, microsoft: FakeMicrosoft):
    connect(services, access=GDAP)
    services.relationships.change(own(services), status="making")
    connect(services, access=GDAP)
    assert own(services).status == "approval_pending"
    locks = [asked for asked in microsoft.asked if asked.path.endswith("/requests")]
    assert len(locks) == 1


def test_name_somebody_took_meanwhile_is_our_own_one(services: Services, partner: FakePartner):
    """Two requests at the same moment: the second is refused the name, and finds the first's relationship."""
    connect(services, access=GDAP)
    known = own(services)
    services.relationships.remove(known)
    answer = connect(services, access=GDAP)
    assert answer["access"]["relationshipId"] == partner.only.relationship_id


@pytest.mark.parametrize("roles", [(), ("Directory.Read.All",)])
def test_without_our_permission_in_the_partner_tenant_nothing_is_half_made(
    services: Services, partner: FakePartner, microsoft: FakeMicrosoft, tables: MemoryTables, roles: tuple[str, ...]
):
    if roles:
        refuse = graph_error(403, "Authorization_RequestDenied")
        microsoft.below["/v1.0/tenantRelationships"] = lambda asked: refuse
    else:
        del microsoft.consented[MSP]
    with pytest.raises(RequestError) as refusal:
        connect(services, access=GDAP)
    problem = refusal.value.problem()
    assert (problem.code, problem.owner, problem.status) == ("partner_access_missing", "msp_ops", 409)
    assert services.relationships.list_all(MSP) == []
    assert services.relationships.list_unwatched() == []
    assert not tables.tables["Connections"][MSP]
    assert not tables.tables["Customers"][MSP]


def test_refusal_of_microsofts_leaves_nothing(services: Services, partner: FakePartner):
    partner.fail.append(graph_error(400, "badRequest"))
    with pytest.raises(RequestError) as refusal:
        connect(services, access=GDAP)
    assert refusal.value.code == "relationship_refused"
    assert services.relationships.list_all(MSP) == []


def test_unknown_customer_is_told_before_anything_is_made(services: Services, partner: FakePartner):
    body = {"tenant": "contoso.com", "customerId": OTHER_TENANT, "access": GDAP}
    answer = App().call("POST", "/api/msp-portal/tenants/connect", TOKEN, body)
    assert answer.body["code"] == "customer_not_found"
    assert not partner.relationships


@pytest.mark.parametrize("groups", [{GROUP: False}, {}])
def test_group_that_cannot_hold_roles_is_refused_before_anything_is_made(
    services: Services, partner: FakePartner, groups: dict[str, bool]
):
    partner.groups = groups
    with pytest.raises(RequestError) as refusal:
        connect(services, access={**GDAP, "securityGroups": [{"groupId": GROUP}]})
    assert refusal.value.code == "security_group_unusable"
    assert not partner.relationships


def test_throttling_closes_the_gate_for_everybody(services: Services, partner: FakePartner, microsoft: FakeMicrosoft):
    partner.fail.append(graph_error(429, "TooManyRequests", Retry_After="40"))
    with pytest.raises(ThrottledError):
        connect(services, access=GDAP)
    answer = App().call("GET", PATH, TOKEN)
    assert (answer.status, answer.body["code"], answer.headers["Retry-After"]) == (429, "partner_throttled", "40")
    before = len(microsoft.asked)
    with pytest.raises(ThrottledError):
        list(gdap_customers(services, MSP))
    asked = [item for item in microsoft.asked[before:] if "tenantRelationships" in item.path]
    assert asked == []


# Watching


def test_watch_is_started_once_and_mended_if_it_is_lost(services: Services, partner: FakePartner):
    connect(services, access=GDAP)
    work, key = Started(), own(services).key
    start_watches(services, work)
    start_watches(services, work)
    assert work.calls == [f"relationship-{key}"]
    assert work.started[f"relationship-{key}"][1] == {"mspId": MSP, "tenantId": TENANT, "key": key}
    mend_watches(services, work)
    assert work.calls == [f"relationship-{key}"] * 2
    services.relationships.change(own(services), status="terminated")
    mend_watches(services, work)
    assert len(work.calls) == 2


def test_watch_has_the_id_of_the_request_that_made_the_relationship(services: Services, partner: FakePartner):
    cause = "12345678-1234-4234-8234-123456789abc"
    with logs.correlated(cause):
        connect(services, access=GDAP)
    for start in (start_watches, mend_watches):
        start(services, work := Started())
        assert [job["correlationId"] for _, job in work.started.values()] == [cause]


def test_approval_is_looked_for_less_and_less_often(services: Services, partner: FakePartner, clock: FakeClock):
    connect(services, access=GDAP)
    delays = []
    for minutes in (0, 10, 120, 3 * 24 * 60):
        clock.advance(minutes * 60)
        delays.append(look(services)["delaySeconds"])
    assert delays == [15, 60, 900, 6 * 3600]


def test_approval_nobody_gives_ends_the_watch_and_is_told(
    services: Services, partner: FakePartner, clock: FakeClock, tables: MemoryTables, webhook: None
):
    connect(services, access=GDAP)
    clock.advance(90 * DAY + 1)
    assert look(services) == {"ended": True}
    assert look(services) == {"ended": True}
    assert events_of(tables) == ["ended-access_ended"]
    assert actions(services).count("relationship_expired") == 1


def test_groups_get_exactly_their_roles_and_it_is_verified(services: Services, partner: FakePartner, clock: FakeClock):
    groups = [{"groupId": GROUP}, {"groupId": OTHER_GROUP, "roles": ["Reports Reader"]}]
    relationship = opened(services, partner, securityGroups=groups)
    assert look(services)["delaySeconds"] == 15  # Microsoft is still at it
    assert (own(services).status, own(services).assigned_at) == ("active", "")
    clock.advance(2)
    assert look(services)["delaySeconds"] == DAY
    given = {item.group_id: set(item.roles) for item in relationship.assignments.values()}
    assert given[GROUP] == set(relationship.roles)
    assert len(given[OTHER_GROUP]) == 1
    assert own(services).assigned_at
    look(services)
    assert len(relationship.assignments) == 2
    assert actions(services).count("relationship_roles_assigned") == 1


def test_roles_somebody_changed_are_put_right(services: Services, partner: FakePartner, clock: FakeClock):
    relationship = opened(services, partner, securityGroups=[{"groupId": GROUP}])
    clock.advance(2)
    look(services)
    (assignment,) = relationship.assignments.values()
    assignment.roles = assignment.roles[:1]
    look(services)
    assert set(assignment.roles) == set(relationship.roles)


def test_without_groups_nobody_has_standing_access(services: Services, partner: FakePartner):
    assert opened(services, partner).assignments == {}
    assert look(services)["delaySeconds"] == DAY


def test_group_that_has_gone_is_a_problem_and_stops_no_other(
    services: Services, partner: FakePartner, clock: FakeClock
):
    connect(services, access={**GDAP, "securityGroups": [{"groupId": GROUP}, {"groupId": OTHER_GROUP}]})
    partner.groups[GROUP] = False
    relationship = partner.approve()
    partner.fail = [graph_error(400, "badRequest")]
    look(services)
    clock.advance(2)
    assert [item.group_id for item in relationship.assignments.values()] == [OTHER_GROUP]
    assert own(services).problem_code == "role_assignment_failed"
    assert GROUP in own(services).problem_message


def test_end_is_told_at_30_and_7_days_once_each_and_not_for_shorter_wishes(
    services: Services, partner: FakePartner, clock: FakeClock, tables: MemoryTables, webhook: None
):
    opened(services, partner)
    ends = own(services).expires_at[:10]
    for days in (30, 40, 12, 5):  # 60, 20, 8 and 3 days before the end
        clock.advance(days * DAY)
        look(services)
        look(services)
    assert events_of(tables) == [f"30-{ends}-access_expiring", f"7-{ends}-access_expiring"]
    clock.advance(4 * DAY)
    assert look(services) == {"ended": True}
    assert own(services).status == "expired"


def test_long_relationship_is_told_at_90_days_too(
    services: Services, partner: FakePartner, clock: FakeClock, tables: MemoryTables, webhook: None
):
    opened(services, partner, duration="P2Y")
    clock.advance((730 - 80) * DAY)
    look(services)
    assert [name.partition("-")[0] for name in events_of(tables)] == ["90"]


def test_extended_relationship_goes_on_without_alarm(
    services: Services, partner: FakePartner, clock: FakeClock, tables: MemoryTables, webhook: None
):
    opened(services, partner, autoExtend=True)
    clock.advance(85 * DAY)
    look(services)
    clock.advance(10 * DAY)
    look(services)
    assert (own(services).status, events_of(tables)) == ("active", [])
    assert own(services).warned_days == 0


def test_relationship_the_customer_ends_is_noticed(
    services: Services, partner: FakePartner, clock: FakeClock, tables: MemoryTables, webhook: None
):
    relationship = opened(services, partner)
    relationship.ask("terminate", clock.now().timestamp())
    clock.advance(2)
    assert look(services) == {"ended": True}
    assert events_of(tables) == ["ended-access_ended"]


def test_relationship_microsoft_has_forgotten_is_gone(services: Services, partner: FakePartner):
    opened(services, partner)
    partner.relationships.clear()
    assert look(services) == {"ended": True}
    assert own(services).status == "gone"


def test_lost_permission_ends_no_watch(services: Services, partner: FakePartner, microsoft: FakeMicrosoft):
    opened(services, partner)
    del microsoft.consented[MSP]
    services.tokens.forget(MSP)
    with pytest.raises(RequestError):
        look(services)
    assert own(services).status == "active"


def test_look_that_finds_nothing_new_writes_nothing(services: Services, partner: FakePartner, tables: MemoryTables):
    opened(services, partner)
    before = snapshot(tables)
    look(services)
    assert snapshot(tables) == before


# The API


def call(method: str, path: str = "", body: Any = None, app: App | None = None) -> tuple[int, Any]:
    answer = (app or App()).call(method, PATH + path, TOKEN, body)
    return answer.status, answer.body


def test_relationship_can_be_asked_for_without_connecting_and_is_watched(services: Services, partner: FakePartner):
    app = App()
    status, body = call("POST", "", {"tenant": "fabrikam.com", "roleTemplate": "helpdesk"}, app)
    assert (status, body["tenantId"], body["status"]) == (201, OTHER_TENANT, "approval_pending")
    assert [name for name, _ in app.client.instances.values()] == ["watch_relationship"]


def test_own_tenant_is_refused(services: Services, partner: FakePartner):
    status, body = call("POST", "", {"tenant": MSP})
    assert (status, body["code"]) == (400, "invalid_tenant")


def test_list_shows_microsofts_word_on_ours_and_on_others(services: Services, partner: FakePartner, clock: FakeClock):
    connect(services, access=GDAP)
    partner.approve()
    foreign = Relationship(
        "0-foreign", "Made elsewhere", "P1Y", ("f2ef992c-3afb-46b9-b7cf-a126ee74c451",), 1.7e9, status="active"
    )
    partner.relationships["0-foreign"] = foreign
    status, body = call("GET")
    assert status == 200
    shown = {item["displayName"]: (item["status"], item["isOwn"]) for item in body["items"]}
    assert shown["Made elsewhere"] == ("active", False)
    assert sorted(shown.values()) == [("active", False), ("active", True)]
    first = call("GET", "?top=1")[1]
    second = call("GET", f"?top=1&cursor={first['nextCursor']}")[1]
    assert len({first["items"][0]["displayName"], second["items"][0]["displayName"]}) == 2
    assert second["nextCursor"] is None


def test_one_is_shown_with_its_features_and_what_is_missing(services: Services, partner: FakePartner, clock: FakeClock):
    groups = [{"groupId": GROUP, "roles": ["Directory Readers"]}]
    relationship = opened(services, partner, roleTemplate="helpdesk", securityGroups=groups)
    clock.advance(2)
    _, body = call("GET", f"/{relationship.relationship_id}")
    features = {item["feature"]: item for item in body["features"]}
    assert (features["users"]["works"], features["users"]["assigned"]) == (True, True)
    assert (features["reset_passwords"]["works"], features["reset_passwords"]["assigned"]) == (True, False)
    assert features["devices"]["missing"] == ["Global Reader"]
    problem = features["devices"]["problem"]
    assert (problem["code"], problem["owner"]) == ("gdap_roles_missing", "technician")
    assert features["users"]["problem"] is None is body["problem"]
    assert [item["status"] for item in body["assignments"]] == ["active"]


@pytest.mark.parametrize("identifier", ["nothing", "..", "%2e%2e", "a%2Fb", "x" * 200])
def test_unknown_relationship_is_not_found(services: Services, partner: FakePartner, identifier: str):
    status, body = call("GET", f"/{identifier}")
    assert (status, body["code"]) == (404, "relationship_unknown")


def test_extension_is_switched_on_and_off(services: Services, partner: FakePartner):
    relationship = opened(services, partner)
    path = f"/{relationship.relationship_id}/extend"
    assert call("POST", path, {})[1]["autoExtend"] is True
    assert relationship.auto_extend == "P180D"
    assert call("POST", path, {"autoExtend": False})[1]["autoExtend"] is False
    assert actions(services).count("relationship_extended") == 2


def test_extension_microsoft_has_no_room_for_is_refused(services: Services, partner: FakePartner):
    connect(services, access={**GDAP, "roles": ["Global Administrator"]})
    path = f"/{partner.only.relationship_id}/extend"
    assert call("POST", path, {})[1]["code"] == "relationship_closed"
    partner.approve()
    assert call("POST", path, {})[1]["code"] == "relationship_refused"


def test_active_relationship_is_ended(services: Services, partner: FakePartner, clock: FakeClock):
    relationship = opened(services, partner)
    status, body = call("DELETE", f"/{relationship.relationship_id}")
    assert (status, body["status"]) == (202, "termination_requested")
    clock.advance(2)
    assert look(services) == {"ended": True}
    assert call("DELETE", f"/{relationship.relationship_id}")[1]["status"] == "terminated"
    assert actions(services).count("relationship_ended") == 1


def test_request_that_was_withdrawn_is_ended_when_it_is_approved_all_the_same(
    services: Services, partner: FakePartner, clock: FakeClock
):
    connect(services, access={**GDAP, "securityGroups": [{"groupId": GROUP}]})
    status, body = call("DELETE", f"/{partner.only.relationship_id}")
    assert (status, body["withdrawn"], partner.only.status) == (202, True, "approvalPending")
    relationship = partner.approve()
    look(services)
    assert relationship.status == "terminationRequested"
    assert relationship.assignments == {}
    clock.advance(2)
    assert look(services) == {"ended": True}


def test_templates_are_listed_with_reasons(services: Services):
    items = call("GET", "/templates")[1]["items"]
    assert "read_only" in {item["key"] for item in items}
    assert all(role["why"] for item in items for role in item["roles"])


def test_customers_with_gdap_are_named_for_bulk_connect(services: Services, partner: FakePartner):
    opened(services, partner)
    assert [(item.tenant_id, item.display_name) for item in gdap_customers(services, MSP)] == [(TENANT, "contoso.com")]


def test_status_and_list_show_the_access(services: Services, partner: FakePartner):
    relationship = opened(services, partner)
    for path in (f"/api/msp-portal/tenants/{TENANT}/sync-status", f"/api/msp-portal/tenants/{TENANT}"):
        access = App().call("GET", path, TOKEN).body["access"]
        assert (access["model"], access["status"], access["legacy"]) == ("gdap", "active", False)
        assert access["relationshipId"] == relationship.relationship_id


def test_no_request_to_microsoft_leaves_the_msps_own_tenant(
    services: Services, partner: FakePartner, microsoft: FakeMicrosoft
):
    opened(services, partner, securityGroups=[{"groupId": GROUP}])
    assert {tenant_of(asked) for asked in microsoft.asked if "tenantRelationships" in asked.path} == {MSP}


def test_connect_starts_the_watch_with_ids_only(services: Services, partner: FakePartner):
    app, body = App(), {"tenant": "contoso.com", "customer": {"name": "Contoso"}, "access": GDAP}
    answer = app.call("POST", "/api/msp-portal/tenants/connect", TOKEN, body)
    assert answer.status == 201
    assert app.client.started == {
        f"relationship-{own(services).key}": (
            "watch_relationship",
            {"mspId": MSP, "tenantId": TENANT, "key": own(services).key},
        )
    }


def test_relationship_without_a_customer_is_still_known_as_ours(services: Services, partner: FakePartner):
    """Microsoft may name the customer only after the approval."""
    identifier = connect(services, access=GDAP)["access"]["relationshipId"]
    partner.only.customer_id = ""
    assert call("GET", f"/{identifier}")[1]["isOwn"] is True


def test_group_deleted_meanwhile_is_a_problem_and_stops_no_other(
    services: Services, partner: FakePartner, clock: FakeClock
):
    connect(services, access={**GDAP, "securityGroups": [{"groupId": GROUP}, {"groupId": OTHER_GROUP}]})
    del partner.groups[GROUP]
    relationship = partner.approve()
    look(services)
    clock.advance(2)
    look(services)
    assert [item.group_id for item in relationship.assignments.values()] == [OTHER_GROUP]
    assert own(services).problem_code == "role_assignment_failed"
    assert GROUP in own(services).problem_message


def test_end_is_told_when_the_extension_is_switched_off_late(
    services: Services, partner: FakePartner, clock: FakeClock, tables: MemoryTables, webhook: None
):
    relationship = opened(services, partner, autoExtend=True)
    clock.advance(85 * DAY)
    look(services)
    assert events_of(tables) == []
    call("POST", f"/{relationship.relationship_id}/extend", {"autoExtend": False})
    look(services)
    assert [name.partition("-")[0] for name in events_of(tables)] == ["7"]


def test_asking_again_while_the_old_one_ends_makes_a_new_one(
    services: Services, partner: FakePartner, clock: FakeClock
):
    first = opened(services, partner)
    call("DELETE", f"/{first.relationship_id}")
    again = connect(services, access=GDAP)["access"]
    assert again["relationshipId"] != first.relationship_id
    assert again["approvalUrl"]


def test_refusal_of_a_second_request_forgets_nothing_of_the_first(services: Services, partner: FakePartner):
    """Two workers make the same one; the later one's list does not show the other's yet."""
    connect(services, access=GDAP)
    relationships, partner.relationships = partner.relationships, {}
    partner.fail = [graph_error(409, "conflict")]
    unfinished = replace(own(services), status="making", relationship_id="")
    with pytest.raises(RequestError):
        finish_offer(unfinished, services)
    partner.relationships = relationships
    assert own(services).relationship_id == partner.only.relationship_id


def test_request_that_was_refused_is_watched_when_it_is_made_after_all(services: Services, partner: FakePartner):
    partner.fail = [graph_error(400, "badRequest")]
    with pytest.raises(RequestError):
        connect(services, access=GDAP)
    connect(services, access=GDAP)
    work = Started()
    start_watches(services, work)
    assert work.again == [relationship_instance_id(own(services).key)]


def test_one_that_is_about_to_end_can_be_renewed_with_the_same_wish(
    services: Services, partner: FakePartner, clock: FakeClock
):
    first = opened(services, partner)
    assert connect(services, access=GDAP)["access"]["relationshipId"] == first.relationship_id
    clock.advance(85 * DAY)
    look(services)
    renewed, again = connect(services, access=GDAP)["access"], connect(services, access=GDAP)["access"]
    assert renewed["approvalUrl"]
    assert renewed["relationshipId"] == again["relationshipId"] != first.relationship_id
    tenant = services.tenants.read(MSP, TENANT)
    assert tenant
    assert tenant.access_status == "active"


def test_number_of_requests_never_leads_back_to_an_old_one(services: Services, partner: FakePartner, clock: FakeClock):
    opened(services, partner)
    clock.advance(85 * DAY)
    look(services)
    second = connect(services, access=GDAP)["access"]["relationshipId"]
    call("DELETE", f"/{second}")
    third = connect(services, access=GDAP)["access"]["relationshipId"]
    assert third != second
    assert len(partner.relationships) == 3


def test_end_is_told_of_customers_that_were_never_connected_too(
    services: Services, partner: FakePartner, clock: FakeClock, tables: MemoryTables, webhook: None
):
    call("POST", "", {"tenant": "contoso.com"})
    partner.approve()
    look(services)
    clock.advance(85 * DAY)
    look(services)
    (row,) = tables.scan("Outbox", "pending")
    assert row.key.endswith("-access_expiring")


def test_withdrawn_request_shows_no_link(services: Services, partner: FakePartner):
    connect(services, access=GDAP)
    assert call("DELETE", f"/{partner.only.relationship_id}")[1]["approvalUrl"] is None
