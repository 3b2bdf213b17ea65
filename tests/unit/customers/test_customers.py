"""Searching, creating, showing, changing and removing customers, through their HTTP functions."""

from typing import Any

import pytest

from tenantsync.companies.mirror import Mirror
from tenantsync.matching.companies import place_companies
from tenantsync.psa.port import Company, Provider
from tenantsync.services import Services
from tenantsync.store.customers import Customer
from tenantsync.store.psa_connections import PsaConnection
from tenantsync.store.records import to_row
from tests.app import Answer, App
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import MSP, OTHER_MSP, TENANT, FakeMicrosoft, portal_token
from tests.unit.journey import connect, connected

ROLES = ("Onboarding.Connect", "Onboarding.Read")
HALO = Provider.HALOPSA
NOBODY = "00000000-0000-4000-8000-000000000000"
CONNECTION = PsaConnection(
    msp_id=MSP,
    provider=HALO,
    mirror_id="m1",
    version="1",
    secret_name="s",
    connected_at="t",
    updated_at="t",
    updated_by="me",
)


@pytest.fixture
def app(services: Services) -> App:
    return App()


def call(app: App, method: str, path: str = "", body: Any = None, msp: str = MSP, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.call(method, f"/api/msp-portal/customers{path}", portal_token(*ROLES, msp=msp), body, named)


def create(app: App, name: str, **more: Any) -> dict[str, Any]:
    answer = call(app, "POST", "", {"name": name, **more})
    assert answer.status == 201, answer.body
    created: dict[str, Any] = answer.body
    return created


def names(answer: Answer) -> list[str]:
    return sorted(item["name"] for item in answer.body["items"])


def place(services: Services, *companies: Company) -> None:
    place_companies(MSP, HALO, companies, services)


def test_customer_is_created_and_shown_with_everything(app: App):
    contact = {"name": "Ada", "email": "ada@contoso.com", "phone": "+41 1", "role": "IT"}
    reference = {"provider": "autotask", "externalId": "42", "key": "CON"}
    created = create(
        app, " Contoso  AG ", domains=["Contoso.com"], contacts=[contact], externalReferences=[reference], notes="a\nb"
    )
    shown = call(app, "GET", f"/{created['customerId']}")
    assert shown.body == {key: value for key, value in created.items() if key != "warnings"}
    assert (shown.body["name"], shown.body["domains"], shown.body["notes"]) == ("Contoso AG", ["contoso.com"], "a\nb")
    assert shown.body["contacts"] == [contact]
    assert shown.body["externalReferences"] == [{**reference, "name": None, "active": True}]
    assert shown.headers["ETag"].startswith('"')


def test_customers_of_rows_from_before_there_were_psas_are_read(app: App, tables: MemoryTables):
    old = {"msp_id": MSP, "customer_id": NOBODY, "name": "Old", "created_at": "2026-01-01T00:00:00.000Z"}
    tables.insert("Customers", {"PartitionKey": MSP, "RowKey": NOBODY, "schema": 1, **old})
    shown = call(app, "GET", f"/{NOBODY}").body
    assert (shown["editedFields"], shown["updatedAt"], shown["state"]) == (["name"], old["created_at"], "active")


def test_connect_by_name_and_the_list_speak_of_the_same_customer(app: App, services: Services):
    made = create(app, "Contoso")
    assert connect(services)["customerId"] == made["customerId"]
    assert call(app, "GET", f"/{made['customerId']}").body["tenants"] == [
        {"tenantId": TENANT, "tenantDomain": "contoso.com", "state": "awaiting_consent"}
    ]


def test_near_duplicates_are_warned_of_and_exact_ones_refused(app: App):
    first = create(app, "Contoso AG", domains=["contoso.com"])
    assert create(app, "Fabrikam")["warnings"] == []
    for name in ("Kontoso GmbH & Co. KG", "CONTOSO, Inc."):
        assert first["customerId"] in [item["customerId"] for item in create(app, name)["warnings"]]
    by_domain = create(app, "Wholly Different", domains=["contoso.com"])["warnings"]
    assert [(item["customerId"], item["reason"]) for item in by_domain] == [(first["customerId"], "domain")]
    refused = call(app, "POST", "", {"name": "contoso  ag"})
    assert (refused.status, refused.body["code"]) == (409, "customer_exists")
    assert refused.body["customerId"] == first["customerId"]


@pytest.mark.parametrize(
    "search",
    ["ecole", "ÉCOLE", "le du", "ecole.example", "ECO-1", "77"],
    ids=lambda text: text.encode("ascii", "replace"),
)
def test_search_looks_into_name_domain_and_reference(app: App, search: str):
    reference = {"provider": "connectwise", "externalId": "77", "key": "ECO-1"}
    create(app, "École  du Nord", domains=["ecole.example"], externalReferences=[reference])
    create(app, "Fabrikam")
    assert names(call(app, "GET", f"?search={search}")) == ["École du Nord"]


def test_list_is_filtered_by_state_and_provider(app: App, services: Services):
    create(app, "By hand")
    place(services, Company(external_id="1", name="In use"), Company(external_id="2", name="Was in use"))
    place(services, Company(external_id="2", name="Was in use", is_active=False))
    assert names(call(app, "GET", "?provider=halopsa")) == ["In use", "Was in use"]
    assert names(call(app, "GET", "?state=psa_inactive")) == ["Was in use"]
    assert names(call(app, "GET", "?state=active")) == ["By hand", "In use"]
    assert call(app, "GET", "?provider=hubspot").status == 400


def test_twelve_thousand_customers_are_paged_without_gap_or_repetition(app: App, services: Services):
    made = [
        Customer(
            msp_id=MSP, customer_id=f"{number:08x}-0000-4000-8000-000000000000", name=f"Kunde {number}", created_at="t"
        )
        for number in range(12_000)
    ]
    services.tables.write("Customers", {MSP: [to_row(item, MSP, item.customer_id) for item in made]})
    for item in made[::1000]:
        services.customers.claim_name(MSP, item.name, item.customer_id)
    found, cursor = [], ""
    for _ in range(61):
        page = call(app, "GET", f"?top=200&cursor={cursor}").body
        found += [item["customerId"] for item in page["items"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert found == [item.customer_id for item in made]
    assert names(call(app, "GET", "?search=kunde 11999")) == ["Kunde 11999"]


def test_change_is_by_field_and_by_etag(app: App):
    made = create(app, "Contoso", notes="first")
    path = f"/{made['customerId']}"
    tag = call(app, "GET", path).headers["ETag"]
    changed = call(app, "PATCH", path, {"notes": "second"}, if_match=tag)
    assert (changed.status, changed.body["name"], changed.body["notes"]) == (200, "Contoso", "second")
    stale = call(app, "PATCH", path, {"notes": "third"}, if_match=tag)
    assert (stale.status, stale.body["code"]) == (412, "customer_changed")
    assert call(app, "PATCH", path, {"name": "Fabrikam"}, if_match=tag).status == 412
    assert create(app, "Fabrikam")["name"] == "Fabrikam"
    assert call(app, "PATCH", path, {"notes": None}, if_match=f'"x", {changed.headers["ETag"]}').status == 200
    assert call(app, "PATCH", path, {"notes": "fourth"}, if_match="*").body["notes"] == "fourth"
    assert call(app, "GET", path).headers["ETag"] != tag


def test_rename_claims_the_new_name_and_frees_the_old_one(app: App, services: Services):
    made, other = create(app, "Contoso"), create(app, "Fabrikam")
    refused = call(app, "PATCH", f"/{made['customerId']}", {"name": "FABRIKAM"})
    assert (refused.status, refused.body["customerId"]) == (409, other["customerId"])
    renamed = call(app, "PATCH", f"/{made['customerId']}", {"name": "Fabrikamm"}).body
    assert [item["customerId"] for item in renamed["warnings"]] == [other["customerId"]]
    assert create(app, "Contoso")["customerId"] != made["customerId"]
    assert call(app, "PATCH", f"/{made['customerId']}", {"name": "FABRIKAMM"}).body["name"] == "FABRIKAMM"


def test_what_a_person_edits_stays_until_it_is_handed_back(app: App, services: Services):
    place(services, Company(external_id="1", name="Contoso", domains=("contoso.com",)))
    (item,) = call(app, "GET").body["items"]
    path = f"/{item['customerId']}"
    assert call(app, "PATCH", path, {"name": "Mine"}).body["editedFields"] == ["name"]
    place(services, Company(external_id="1", name="Renamed", domains=("contoso.de",)))
    shown = call(app, "GET", path).body
    assert (shown["name"], shown["domains"]) == ("Mine", ["contoso.de"])
    assert shown["externalReferences"][0]["name"] == "Renamed"
    back = call(app, "PATCH", path, {"name": None, "domains": ["own.example"]}).body
    assert (back["name"], back["domains"], back["editedFields"]) == ("Renamed", ["own.example"], ["domains"])
    by_hand = create(app, "By hand")
    assert call(app, "PATCH", f"/{by_hand['customerId']}", {"name": None}).status == 400


def test_one_company_is_one_customer(app: App, services: Services):
    place(services, Company(external_id="1", name="Contoso", domains=("contoso.com",)))
    (holder,) = call(app, "GET").body["items"]
    reference = {"provider": HALO, "externalId": "1"}
    refused = call(app, "POST", "", {"name": "Other", "externalReferences": [reference]})
    assert (refused.status, refused.body["code"]) == (409, "reference_taken")
    assert refused.body["customerId"] == holder["customerId"]
    assert names(call(app, "GET")) == ["Contoso"]
    other = create(app, "Other")
    assert call(app, "PATCH", f"/{other['customerId']}", {"externalReferences": [reference]}).status == 409
    call(app, "PATCH", f"/{holder['customerId']}", {"externalReferences": []})
    moved = call(app, "PATCH", f"/{other['customerId']}", {"externalReferences": [reference]}).body
    assert (moved["externalReferences"][0]["name"], moved["domains"]) == ("Contoso", ["contoso.com"])
    place(services, Company(external_id="1", name="Contoso", domains=("contoso.com", "contoso.de")))
    assert call(app, "GET", f"/{other['customerId']}").body["domains"] == ["contoso.com", "contoso.de"]


def test_company_that_was_taken_away_never_goes_back_by_itself(app: App, services: Services):
    place(services, Company(external_id="1", name="Contoso"))
    (holder,) = call(app, "GET").body["items"]
    call(app, "PATCH", f"/{holder['customerId']}", {"externalReferences": []})
    place(services, Company(external_id="1", name="Contoso"))
    assert call(app, "GET", f"/{holder['customerId']}").body["externalReferences"] == []
    assert len(call(app, "GET").body["items"]) == 2


def test_customer_with_tenants_is_not_removed(app: App, services: Services, microsoft: FakeMicrosoft):
    run = connected(services, microsoft)
    refused = call(app, "DELETE", f"/{run.customer_id}")
    assert (refused.status, refused.body["code"]) == (409, "customer_has_tenants")
    assert refused.body["tenants"] == [{"tenantId": TENANT, "tenantDomain": "contoso.com"}]
    other = create(app, "Other")
    token = portal_token(*ROLES)
    app.call("PATCH", f"/api/msp-portal/tenants/{TENANT}", token, {"customerId": other["customerId"]})
    assert call(app, "DELETE", f"/{run.customer_id}").status == 204
    assert call(app, "GET", f"/{run.customer_id}").status == 404
    assert create(app, "Contoso")["customerId"] != run.customer_id


def test_tenant_that_was_disconnected_holds_nobody_back(app: App, services: Services):
    connected = connect(services)
    app.call("DELETE", f"/api/msp-portal/tenants/{connected['tenantId']}", portal_token(*ROLES))
    assert call(app, "GET", f"/{connected['customerId']}").body["tenants"] == []
    assert call(app, "DELETE", f"/{connected['customerId']}").status == 204


def test_removed_customer_is_not_made_again_until_somebody_refers_to_it(app: App, services: Services):
    told = Company(external_id="1", name="Contoso", domains=("contoso.com",))
    place(services, told)
    (item,) = call(app, "GET").body["items"]
    assert call(app, "DELETE", f"/{item['customerId']}").status == 204
    place(services, told)
    assert call(app, "GET").body["items"] == []
    again = create(app, "Contoso", externalReferences=[{"provider": HALO, "externalId": "1"}])
    assert again["domains"] == ["contoso.com"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": None},
        {"name": "x" * 201},
        {"name": "a\u202eb"},
        {"name": ["x"]},
        {"name": "x", "mspId": OTHER_MSP},
        {"name": "x", "domains": "contoso.com"},
        {"name": "x", "domains": [TENANT]},
        {"name": "x", "domains": ["not a domain"]},
        {"name": "x", "domains": ["a.com"] * 51},
        {"name": "x", "contacts": [{"email": "a@b.c"}]},
        {"name": "x", "contacts": [{"name": "Ada", "email": "nobody"}]},
        {"name": "x", "contacts": [{"name": "Ada", "password": "p"}]},
        {"name": "x", "externalReferences": [{"provider": "hubspot", "externalId": "1"}]},
        {"name": "x", "externalReferences": [{"provider": "halopsa"}]},
        {"name": "x", "externalReferences": [{"provider": "halopsa", "externalId": "1"}] * 2},
        {"name": "x", "notes": "a\x00b"},
        {"name": "x", "notes": "n" * 4001},
    ],
)
def test_wrong_bodies_are_refused_and_nothing_is_stored(app: App, tables: MemoryTables, body: Any):
    answer = call(app, "POST", "", body)
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")
    assert tables.rows("Customers") == []
    assert call(app, "POST", "", b'{"name": "' + b"x" * 10_000_000 + b'"}').status == 413


def test_ids_that_are_none_are_not_found(app: App):
    for path in ("/x", "/suggestions", f"/{NOBODY}", "/name_x"):
        assert call(app, "PATCH", path, {"name": "x"}).body["code"] == "customer_not_found"


def test_creation_that_a_crash_has_interrupted_can_be_repeated(app: App, services: Services, tables: MemoryTables):
    services.customers.claim_name(MSP, "Contoso", NOBODY)
    assert create(app, "Contoso")["customerId"] == NOBODY


def test_changes_are_in_the_audit_trail_without_personal_data(app: App):
    made = create(app, "Contoso", contacts=[{"name": "Ada Lovelace"}])
    call(app, "PATCH", f"/{made['customerId']}", {"notes": "call Ada"})
    call(app, "DELETE", f"/{made['customerId']}")
    audit = app.call("GET", "/api/msp-portal/audit", portal_token(*ROLES))
    done = {item["action"] for item in audit.body["items"]}
    assert done == {"customer_created", "customer_changed", "customer_removed"}
    assert b"Ada" not in audit.content


def test_company_taken_away_stays_away_when_the_worker_dies_between(
    app: App, services: Services, monkeypatch: pytest.MonkeyPatch
):
    told = Company(external_id="1", name="Contoso")
    place(services, told)
    (holder,) = call(app, "GET").body["items"]
    path, change = f"/{holder['customerId']}", services.placements.change

    def dying(*args: Any) -> Any:
        monkeypatch.setattr(services.placements, "change", change)
        raise InterruptedError

    monkeypatch.setattr(services.placements, "change", dying)
    assert call(app, "PATCH", path, {"externalReferences": []}).status == 500
    assert call(app, "PATCH", path, {"externalReferences": []}).status == 200
    place(services, told)
    assert call(app, "GET", path).body["externalReferences"] == []


def test_same_customer_created_twice_at_once_is_refused_once(
    app: App, services: Services, monkeypatch: pytest.MonkeyPatch
):
    claim = services.customers.claim_name

    def claimed(msp_id: str, name: str, customer_id: str) -> str:
        holder = claim(msp_id, name, customer_id)
        monkeypatch.setattr(services.customers, "claim_name", claim)
        assert call(app, "POST", "", {"name": name}).status == 201
        return holder

    monkeypatch.setattr(services.customers, "claim_name", claimed)
    answer = call(app, "POST", "", {"name": "Contoso"})
    assert (answer.status, answer.body["code"]) == (409, "customer_exists")


def test_name_of_a_change_that_failed_stands_for_nobody(app: App, services: Services, monkeypatch: pytest.MonkeyPatch):
    made = create(app, "Contoso")

    def dying(*args: Any) -> Any:
        raise InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr(services.customers, "change", dying)
        assert call(app, "PATCH", f"/{made['customerId']}", {"name": "Fabrikam"}).status == 500
    assert create(app, "Fabrikam")["customerId"] != made["customerId"]
    assert call(app, "GET", f"/{made['customerId']}").body["name"] == "Contoso"


def test_connect_by_such_a_name_takes_no_other_customer(app: App, services: Services):
    made = create(app, "Contoso")
    services.customers.claim_name(MSP, "Fabrikam", made["customerId"])
    found = services.customers.find_or_create(MSP, "Fabrikam", "2026-01-01T00:00:00Z")
    assert (found.name, found.customer_id != made["customerId"]) == ("Fabrikam", True)


def test_company_taken_away_counts_as_new_when_it_is_listed_next(app: App, services: Services):
    told = Company(external_id="1", name="Contoso")
    services.psa_connections.put(CONNECTION)
    mirror = Mirror(services.tables, CONNECTION.mirror_id)
    mirror.write([told])
    place(services, told)
    (holder,) = call(app, "GET").body["items"]
    call(app, "PATCH", f"/{holder['customerId']}", {"externalReferences": []})
    assert mirror.read_known() == {}
