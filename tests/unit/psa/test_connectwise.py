"""ConnectWise's own traps."""

from typing import Any

import pytest

from tenantsync.errors import ContractError, RequestError
from tenantsync.psa.port import Company
from tenantsync.psa.registry import psa_kinds
from tenantsync.settings import Settings
from tests.fakes.psa import SETTINGS, Answer, Asked
from tests.fakes.psa.connectwise import API, FakeConnectWise
from tests.services import ENVIRONMENT


@pytest.fixture
def psa() -> FakeConnectWise:
    return FakeConnectWise()


def companies(psa: FakeConnectWise, since: str = "", **changes: str) -> tuple[Company, ...]:
    return psa.open(**changes).list_companies("", since).companies


def test_codebase_that_moves_in_the_middle_is_looked_up_again(psa: FakeConnectWise):
    ids = psa.add(1001)
    adapter = psa.open()
    cursor = adapter.list_companies("").cursor
    psa.codebase = "v2025_2"
    assert [company.external_id for company in adapter.list_companies(cursor or "").companies] == ids[1000:]


def test_listing_that_is_not_found_on_the_right_codebase_is_a_refused_key(psa: FakeConnectWise):
    psa._resource = lambda asked, path: Answer({"code": "NotFound"}, 404)  # type: ignore[method-assign]
    with pytest.raises(RequestError, match="psa_key_refused"):
        psa.open().list_companies("")
    assert len(psa.asked) == 3  # companyinfo, the count, companyinfo again: no third attempt


def test_refused_client_id_is_ours_to_mend(psa: FakeConnectWise):
    psa.add(1)
    kinds = psa_kinds(Settings.from_env({**SETTINGS, "CONNECTWISE_CLIENT_ID": "other"}), psa.clock, psa)
    with pytest.raises(RequestError, match="psa_integration_refused") as raised:
        kinds[psa.provider].open(psa.values).check()
    assert raised.value.problem().owner == "msp_ops"


def test_without_a_client_id_nothing_can_be_opened():
    kinds = psa_kinds(Settings.from_env(ENVIRONMENT))
    with pytest.raises(RequestError, match="psa_not_set_up"):
        kinds[FakeConnectWise.provider].open(FakeConnectWise.values)


@pytest.mark.parametrize(
    "host", ["na.myconnectwise.net", "api-na.myconnectwise.net", "https://NA.myconnectwise.net/v4_6"]
)
def test_cloud_has_a_host_for_people_and_one_for_programs(psa: FakeConnectWise, host: str):
    psa.add(1)
    assert dict(psa.open(host=host).check().facts) == {"apiUrl": f"{API}/v2025_1/apis/3.0"}


def test_other_hosts_are_used_as_they_are(psa: FakeConnectWise):
    psa.route = on_premise  # type: ignore[method-assign]
    with pytest.raises(RequestError, match="psa_key_refused"):
        psa.open(host="psa.example.com").check()
    assert {asked.origin for asked in psa.asked} == {"https://psa.example.com"}


def on_premise(asked: Asked) -> Answer:
    if asked.path.startswith("/login/"):
        return Answer({"CompanyName": "Northwind", "Codebase": "v4_6_release/"})
    assert asked.path == "/v4_6_release/apis/3.0/company/companies/count"
    return Answer({"code": "Unauthorized"}, 401)


@pytest.mark.parametrize("codebase", ["", "../../evil", "a b", "v1/x", None, 7.5])
def test_odd_codebase_is_not_followed(psa: FakeConnectWise, codebase: Any):
    psa._discovery = lambda asked: Answer({"Codebase": codebase})  # type: ignore[method-assign]
    with pytest.raises(ContractError):
        psa.open().list_companies("")
    assert len(psa.asked) == 1


@pytest.mark.parametrize(
    ("changes", "is_customer"),
    [
        ({}, True),
        ({"types": []}, True),
        ({"types": None}, True),
        ({"types": [{"id": 2}]}, False),
        ({"types": [{"id": 3}]}, False),
        ({"types": [{"id": 4}]}, False),
        ({"types": [{"id": 2}, {"id": 1}]}, True),
        ({"types": [{"id": 99}]}, True),
        ({"types": [{"id": {}}]}, True),
        ({"leadFlag": True}, False),
        ({"isVendorFlag": True}, False),
    ],
)
def test_customers_by_our_rule(psa: FakeConnectWise, changes: dict[str, Any], is_customer: bool):
    psa.add(1, **changes)
    assert bool(companies(psa)) is is_customer


@pytest.mark.parametrize(("chosen", "ids"), [("4", ["2"]), ("4 1", ["1", "2"]), ("7", [])])
def test_customers_by_the_types_people_have_chosen(psa: FakeConnectWise, chosen: str, ids: list[str]):
    psa.add(1)
    psa.add(1, types=[{"id": 4}], leadFlag=True)
    psa.add(1, types=[])
    assert [company.external_id for company in companies(psa, customerTypes=chosen)] == ids


def test_types_are_offered_with_what_we_take_them_for(psa: FakeConnectWise):
    psa.add(1)
    types = {kind.label: kind.is_customer for kind in psa.open().check().types}
    assert types == {"Client": True, "Vendor": False, "Owner": False, "Prospect": False, "Partner": False}


def test_inactive_status_and_deletion_make_inactive(psa: FakeConnectWise):
    psa.add(1, status={"id": 2})
    psa.add(1, deletedFlag=True)
    psa.add(1, status=None)
    assert [(company.external_id, company.is_active) for company in companies(psa)] == [("1", False), ("3", True)]
    changed = companies(psa, since="2026-01-01T00:00:00.000Z")
    assert [(company.external_id, company.is_active) for company in changed] == [
        ("1", False),
        ("2", False),
        ("3", True),
    ]


def test_company_of_another_one(psa: FakeConnectWise):
    psa.add(1, parentCompany={"id": 77, "name": "Group"}, website="contoso.com / www.fabrikam.com")
    (company,) = companies(psa)
    assert (company.parent_id, company.types) == ("77", ("Client",))
    assert company.domains == ("contoso.com", "fabrikam.com")
    assert company.address == "1 Main St, Springfield, United States"


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({}, "whether there is another page"),
        ({"Link": f'<{API}/x?page=2>; rel="next"'}, "where the next page begins"),
        ({"Link": f'<{API}/x?pageId=0>; rel="next"'}, "round in circles"),
    ],
)
def test_page_that_does_not_say_how_to_go_on_is_refused(psa: FakeConnectWise, headers: dict[str, str], says: str):
    rows = [psa.make_row(number) for number in range(1, 1001)]
    psa._companies = lambda asked: Answer(rows, headers=headers)  # type: ignore[method-assign]
    with pytest.raises(ContractError, match=says):
        psa.open().list_companies("")


def test_board_without_a_closed_status_cannot_close(psa: FakeConnectWise):
    psa.board = [{"id": 11, "name": "Old", "closedStatus": True, "inactive": True}]
    adapter = psa.open()
    ticket = adapter.find_ticket("4711")
    assert ticket is not None
    with pytest.raises(RequestError, match="psa_ticket_not_closable"):
        adapter.close_ticket(ticket)


def test_five_thousand_companies_take_few_requests(psa: FakeConnectWise):
    psa.add(5_000)
    adapter, cursor = psa.open(), ""
    for _ in range(5):
        cursor = adapter.list_companies(cursor).cursor or ""
    assert (cursor, adapter.requests) == ("", 9)  # companyinfo, count, types, statuses and five pages
