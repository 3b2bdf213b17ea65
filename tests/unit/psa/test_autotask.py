"""Autotask's own traps."""

import threading
from typing import Any

import pytest

from tenantsync.errors import ContractError, RequestError, ThrottledError
from tenantsync.psa import autotask_api
from tenantsync.psa.autotask_api import ThreadLimit
from tenantsync.psa.port import Company
from tenantsync.psa.registry import psa_kinds
from tenantsync.settings import Settings
from tests.fakes.psa import TRACKING, Answer
from tests.fakes.psa.autotask import FakeAutotask, choice
from tests.services import ENVIRONMENT


@pytest.fixture
def psa() -> FakeAutotask:
    return FakeAutotask()


def companies(psa: FakeAutotask, since: str = "", **changes: str) -> tuple[Company, ...]:
    return psa.open(**changes).list_companies("", since).companies


def test_zone_that_has_moved_is_looked_up_again(psa: FakeAutotask):
    ids = psa.add(501)
    adapter = psa.open()
    cursor = adapter.list_companies("").cursor
    psa.zone = "https://webservices24.autotask.net"
    assert [company.external_id for company in adapter.list_companies(cursor or "").companies] == ids[500:]


def test_refused_key_in_the_same_zone_is_not_tried_again(psa: FakeAutotask):
    psa.add(1)
    with pytest.raises(RequestError, match="psa_key_refused"):
        psa.open(secret="wrong").list_companies("")
    assert [asked.method for asked in psa.asked] == ["GET", "POST", "GET"]  # zone, the count, zone again


@pytest.mark.parametrize(
    ("says", "code"),
    [
        ("The logged in Resource does not have the adequate permissions", "psa_permission_missing"),
        ("Access Denied", "psa_permission_missing"),
        ("IntegrationCode is invalid", "psa_integration_refused"),
        ("You have reached the external request threshold", "psa_throttled"),
        ("Object reference not set", "psa_unavailable"),
    ],
)
def test_what_a_500_means_is_in_its_text(psa: FakeAutotask, says: str, code: str):
    psa.add(1)
    psa._mangle = lambda answer: Answer({"errors": [says]}, 500)
    with pytest.raises(Exception, match=code) as raised:
        psa.open().list_companies("")
    assert says not in str(raised.value)


def test_own_company_is_no_customer_and_names_the_account(psa: FakeAutotask):
    psa.add(2)
    assert [company.external_id for company in companies(psa)] == ["1", "2"]
    assert psa.open().check().name == "Northwind MSP"
    psa.own_company = None
    assert psa.open().check().name == ""


def test_time_without_a_zone_is_utc(psa: FakeAutotask):
    psa.add(1, lastTrackedModifiedDateTime="2026-02-03T04:05:06.7")
    psa.add(1, lastTrackedModifiedDateTime=None)
    psa.add(1, lastTrackedModifiedDateTime="1900-01-01T00:00:00")
    assert [company.updated_at for company in companies(psa)] == ["2026-02-03T04:05:06.700Z", "", ""]


def test_new_company_without_a_time_of_change_is_among_the_changed(psa: FakeAutotask):
    psa.add(1, lastTrackedModifiedDateTime=None, createDate="2026-02-03T00:00:00Z")
    psa.add(1, isActive=False, lastTrackedModifiedDateTime="2026-02-04T00:00:00")
    psa.add(1)
    changed = companies(psa, since="2026-02-02T00:00:00.000Z")
    assert [(company.external_id, company.is_active) for company in changed] == [("1", True), ("2", False)]


def test_other_types_are_no_customers(psa: FakeAutotask):
    psa.add(1, companyType=7)
    psa.add(1)
    page = psa.open().list_companies("")
    assert ([company.types for company in page.companies], page.received) == ([("Customer",)], 2)
    assert [company.external_id for company in companies(psa, customerTypes="7")] == ["1"]


def test_customers_by_a_label_somebody_has_moved(psa: FakeAutotask):
    psa.types = [choice(1, "Old"), choice(12, "CUSTOMER")]
    psa.add(1, companyType=12)
    psa.add(1, companyType=1)
    assert [company.external_id for company in companies(psa)] == ["1"]


def test_renamed_types_are_asked_for_instead_of_guessed(psa: FakeAutotask):
    psa.types = [choice(1, "Kunde"), choice(7, "Lieferant")]
    psa.add(1)
    with pytest.raises(RequestError, match=r"psa_types_unclear.*1 = Kunde, 7 = Lieferant"):
        companies(psa)
    assert [kind.label for kind in psa.open().check().types] == ["Kunde", "Lieferant"]
    assert companies(psa, customerTypes="1")


@pytest.mark.parametrize("ids", [[2, 1], [], [0], [{"no": "id"}]])
def test_rows_out_of_order_would_be_lost_so_they_are_refused(psa: FakeAutotask, ids: list[Any]):
    rows = [{"id": number, "companyName": "x", "companyType": 1} for number in ids]
    link = f"{psa.zone}/next"
    psa._query = lambda asked, entity: Answer({"items": rows, "pageDetails": {"nextPageUrl": link}})  # type: ignore[method-assign]
    with pytest.raises(ContractError, match="order of their ids"):
        psa.open().list_companies("")


def test_without_any_tracking_identifier_nothing_can_be_opened(psa: FakeAutotask):
    psa.add(1)
    kind = psa_kinds(Settings.from_env(ENVIRONMENT), psa.clock, psa)[psa.provider]
    with pytest.raises(RequestError, match="psa_not_set_up"):
        kind.open(psa.values)
    assert kind.open({**psa.values, "integrationCode": TRACKING}).check()


def test_own_tracking_identifier_comes_before_ours(psa: FakeAutotask):
    psa.add(1)
    with pytest.raises(RequestError, match="psa_integration_refused"):
        psa.open(integrationCode="OTHER").check()


def test_at_most_three_requests_at_once_by_user_and_entity(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(autotask_api, "_TURN_SECONDS", 0.05)
    limit, inside, leave = ThreadLimit(), threading.Barrier(4), threading.Event()

    def hold() -> None:
        with limit.turn("Api@Northwind.example", "Companies"):
            inside.wait()
            leave.wait()

    threads = [threading.Thread(target=hold) for _ in range(3)]
    for thread in threads:
        thread.start()
    inside.wait()
    with pytest.raises(ThrottledError) as raised, limit.turn("api@northwind.example", "Companies"):
        pass
    assert raised.value.cause.retry_after_seconds == 5.0
    with limit.turn("api@northwind.example", "Tickets"), limit.turn("api@fabrikam.example", "Companies"):
        leave.set()
    for thread in threads:
        thread.join()
    with limit.turn("api@northwind.example", "Companies"):
        pass


def test_turn_is_given_back_after_a_failure(psa: FakeAutotask):
    psa.add(1)
    adapter = psa.open()
    psa.fault("server_error")
    for _ in range(5):
        with pytest.raises(Exception, match="psa_unavailable"):
            adapter.list_companies("")


@pytest.mark.parametrize("label", ["Internal Only", "Intern", "Interne uniquement"])
def test_note_is_internal_in_whatever_language(psa: FakeAutotask, label: str):
    psa.publish = [choice(1, "All"), choice(2, label)]
    adapter = psa.open()
    ticket = adapter.find_ticket(psa.ticket_reference)
    assert ticket is not None
    adapter.add_note(ticket, "x" * 300)
    assert psa.violations == []


def test_note_that_could_not_be_kept_internal_is_not_written(psa: FakeAutotask):
    psa.publish = [choice(1, "Everybody")]
    adapter = psa.open()
    ticket = adapter.find_ticket(psa.ticket_reference)
    assert ticket is not None
    with pytest.raises(ContractError, match="internal"):
        adapter.add_note(ticket, "x")
    assert psa.notes == []


def test_ticket_is_found_by_id_too(psa: FakeAutotask):
    ticket = psa.open().find_ticket("900")
    assert ticket is not None
    assert ticket.reference == psa.ticket_reference


def test_ticket_without_a_state_called_complete_cannot_be_closed(psa: FakeAutotask):
    psa.statuses = [choice(1, "New")]
    adapter = psa.open()
    ticket = adapter.find_ticket("900")
    assert ticket is not None
    with pytest.raises(RequestError, match="psa_ticket_not_closable"):
        adapter.close_ticket(ticket)


def test_recent_notes_are_on_the_last_page(psa: FakeAutotask):
    psa.notes = [f"note {number}" for number in range(1_203)]
    adapter = psa.open()
    ticket = adapter.find_ticket("900")
    assert ticket is not None
    assert adapter.recent_notes(ticket)[-1] == "note 1202"


def test_five_thousand_companies_take_few_requests(psa: FakeAutotask):
    psa.add(5_000)
    adapter, cursor = psa.open(), ""
    for _ in range(10):
        cursor = adapter.list_companies(cursor).cursor or ""
    assert (cursor, adapter.requests) == ("", 13)  # zone, count, types and ten pages
