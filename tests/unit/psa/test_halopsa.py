"""HaloPSA's own traps."""

from typing import Any

import pytest

from tenantsync.errors import ContractError, CursorExpiredError, RequestError, TransientError
from tenantsync.psa.port import Company
from tests.fakes.psa import Answer
from tests.fakes.psa.halopsa import HOST, FakeHalo


@pytest.fixture
def psa() -> FakeHalo:
    return FakeHalo()


def companies(psa: FakeHalo, **changes: str) -> tuple[Company, ...]:
    return psa.open(**changes).list_companies("").companies


@pytest.mark.parametrize(("tenant", "named"), [("None", ""), ("northwind", "northwind")])
def test_tenant_people_give_comes_first_and_none_is_none(psa: FakeHalo, tenant: str, named: str):
    psa.add(1)
    psa.tenant = named
    psa.auth = {"auth_url": f"{psa.auth_origin}/auth", "tenant_id": "something else"}
    assert companies(psa, tenant=tenant)


@pytest.mark.parametrize("auth", [None, {}, {"auth_url": "", "tenant_id": None}])
def test_halo_that_does_not_say_has_its_authorization_at_home(psa: FakeHalo, auth: dict[str, Any] | None):
    psa.add(1)
    psa.auth, psa.auth_origin, psa.tenant = auth, HOST, ""
    assert companies(psa)


def test_token_is_renewed_a_minute_before_it_ends(psa: FakeHalo):
    psa.add(1)
    adapter = psa.open()
    adapter.list_companies("")
    psa.clock.advance(3539)
    adapter.list_companies("")
    assert len(psa.tokens) == 1
    psa.clock.advance(2)
    adapter.list_companies("")
    assert len(psa.tokens) == 2


def test_token_that_ends_in_the_middle_is_renewed_once(psa: FakeHalo):
    ids = psa.add(201)
    adapter = psa.open()
    cursor = adapter.list_companies("").cursor
    psa.tokens.clear()
    assert [company.external_id for company in adapter.list_companies(cursor or "").companies] == ids[200:]


def test_token_that_is_never_accepted_is_a_refused_key(psa: FakeHalo):
    psa.add(1)
    psa._mangle = lambda answer: Answer({"message": "Unauthorized"}, 401)
    with pytest.raises(RequestError, match="psa_key_refused"):
        psa.open().list_companies("")
    assert sum(map(psa.is_listing, psa.asked)) == 2


def test_failing_sign_in_is_passing_unless_people_have_named_a_tenant(psa: FakeHalo):
    psa.tenant = "another"
    with pytest.raises(TransientError):
        companies(psa)
    with pytest.raises(RequestError, match="psa_account_unknown"):
        companies(psa, tenant="typo")


@pytest.mark.parametrize("body", [{}, {"access_token": ""}, {"access_token": 7}, []])
def test_answer_without_a_token_is_refused(psa: FakeHalo, body: Any):
    psa._token = lambda asked: Answer(body)  # type: ignore[method-assign]
    with pytest.raises(ContractError):
        companies(psa)


def test_companies_need_one_scope_and_tickets_are_asked_for_only_when_used(psa: FakeHalo):
    psa.add(1)
    adapter = psa.open()
    adapter.check()
    adapter.list_companies("")
    assert list(psa.tokens.values()) == [{"read:customers"}]
    adapter.find_ticket("4711")
    assert list(psa.tokens.values())[1:] == [{"read:tickets", "edit:tickets"}]


def test_application_without_ticket_scopes_lacks_a_permission(psa: FakeHalo):
    psa.granted = {"read:customers"}
    with pytest.raises(RequestError, match="psa_permission_missing"):
        psa.open().find_ticket("4711")


def test_rows_that_go_while_paging_make_the_listing_begin_again(psa: FakeHalo):
    psa.add(401)
    adapter = psa.open()
    cursor = adapter.list_companies("").cursor
    del psa.rows[0]
    with pytest.raises(CursorExpiredError, match="psa_listing_changed"):
        adapter.list_companies(cursor or "")


def test_rows_that_come_while_paging_are_found(psa: FakeHalo):
    psa.add(200)
    psa.add(1)
    adapter = psa.open()
    cursor = adapter.list_companies("").cursor
    psa.add(250)
    found, pages = 200, 0
    while cursor is not None:
        page = adapter.list_companies(cursor)
        found, cursor, pages = found + len(page.companies), page.cursor, pages + 1
    assert (found, pages, page.expected) == (451, 2, 451)


def test_page_with_hidden_rows_is_not_the_end(psa: FakeHalo):
    psa.add(401)
    psa.hidden = set(range(1, 150))
    page = psa.open().list_companies("")
    assert (page.received, page.expected, page.cursor) == (51, 401, "2:401")


def test_page_without_rows_is_the_end_whatever_the_count_says(psa: FakeHalo):
    psa.add(500)
    psa.hidden = set(range(201, 501))
    adapter = psa.open()
    page = adapter.list_companies(adapter.list_companies("").cursor or "")
    assert (page.received, page.cursor) == (0, None)


def test_entra_tenants_are_taken_and_nothing_else_of_their_rows(psa: FakeHalo):
    guid = "ABCDEF00-0000-4000-8000-000000000001"
    tenants = [
        {"azure_tenant_id": guid, "new_access_token": "secret"},
        {"azure_tenant_id": guid.lower()},
        {"azure_tenant_id": "not a guid"},
        {"azure_tenant_id": None},
        {"azure_tenant_id": "00000000-0000-0000-0000-000000000000"},
        "nonsense",
    ]
    psa.add(2, azure_tenants=tenants)
    assert [company.entra_tenant_ids for company in companies(psa)] == [(guid.lower(),)] * 2


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00", "1900-01-01T00:00:00", "1899-12-30", "", None, "soon", 5])
def test_dates_that_stand_for_none_are_none(psa: FakeHalo, date: Any):
    psa.add(1, alastupdate=date)
    assert [company.updated_at for company in companies(psa)] == [""]


def test_inactive_is_listed_and_prospects_are_not(psa: FakeHalo):
    psa.add(1, inactive=True, stopped=0)
    psa.add(1, stopped=1)
    psa.add(1, isopportunity=1)
    assert [(company.external_id, company.is_active) for company in companies(psa)] == [("1", False), ("2", True)]


def test_customers_by_the_types_people_have_chosen(psa: FakeHalo):
    psa.add(1, customertype=3)
    psa.add(1)
    assert [company.external_id for company in companies(psa, customerTypes="3 4")] == ["1"]


def test_types_are_offered_by_number(psa: FakeHalo):
    psa.add(2, customertype=3)
    psa.add(1)
    psa.add(1, customertype=0)
    assert [(kind.type_id, kind.label) for kind in psa.open().check().types] == [
        ("1", "Customer type 1"),
        ("3", "Customer type 3"),
    ]
    assert [company.types for company in companies(psa)][2:] == [("Customer type 1",), ()]


def test_all_places_of_a_domain_are_read(psa: FakeHalo):
    psa.add(1, domain="contoso.com", emaildomain="@contoso.org", client_domains=["fabrikam.com", 7])
    (company,) = companies(psa)
    assert company.domains == ("customer1.example", "contoso.com", "contoso.org", "fabrikam.com")


def test_ticket_without_a_closed_state_cannot_be_closed(psa: FakeHalo):
    psa.statuses = [{"id": 1, "name": "New"}]
    adapter = psa.open()
    ticket = adapter.find_ticket("4711")
    assert ticket is not None
    with pytest.raises(RequestError, match="psa_ticket_not_closable"):
        adapter.close_ticket(ticket)


def test_five_thousand_companies_take_fewer_requests_than_a_minute_allows(psa: FakeHalo):
    psa.add(5_000)
    adapter, cursor = psa.open(), ""
    for _ in range(25):
        cursor = adapter.list_companies(cursor).cursor or ""
    assert (cursor, adapter.requests) == ("", 27)  # authinfo, token and 25 pages
