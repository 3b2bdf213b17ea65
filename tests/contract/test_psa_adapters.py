"""One set of tests for every PSA adapter: what the port promises, whatever the PSA does.

A PSA to test against is anything that looks like a `FakePsa`; `PSAS` names them.
"""

import logging
from collections.abc import Iterator

import pytest

from tenantsync.errors import (
    ContractError,
    RequestError,
    TenantSyncError,
    ThrottledError,
    TransientError,
)
from tenantsync.problems import find_problem
from tenantsync.psa.port import Company, CompanyPage, Provider, PsaAdapter
from tenantsync.psa.registry import psa_kinds
from tenantsync.settings import Settings
from tests.fakes.psa import BIG_NAME, SETTINGS, FakePsa
from tests.fakes.psa.autotask import FakeAutotask
from tests.fakes.psa.connectwise import FakeConnectWise
from tests.fakes.psa.halopsa import FakeHalo

PSAS = (FakeConnectWise, FakeAutotask, FakeHalo)
FAILURES = {
    "down": (TransientError, "psa_unavailable"),
    "server_error": (TransientError, "psa_unavailable"),
    "cut_off": (TransientError, "psa_unavailable"),
    "dropped": (TransientError, "psa_unavailable"),
    "no_json": (ContractError, "psa_unexpected_answer"),
    "no_list": (ContractError, "psa_unexpected_answer"),
    "redirected": (ContractError, "psa_unexpected_answer"),
    "endless": (ContractError, "psa_unexpected_answer"),
    "permission": (RequestError, "psa_permission_missing"),
    "throttled": (ThrottledError, "psa_throttled"),
}
"""What a listing raises for each fault."""


@pytest.fixture(params=PSAS, ids=lambda kind: kind.provider)
def psa(request: pytest.FixtureRequest) -> Iterator[FakePsa]:
    """A PSA; afterwards it must have nothing to complain of."""
    made: FakePsa = request.param()
    yield made
    assert made.violations == []


def list_all(adapter: PsaAdapter, cursor: str = "", since: str = "") -> tuple[list[Company], list[CompanyPage]]:
    """All companies from a cursor on, and the pages they came on."""
    pages = [adapter.list_companies(cursor, since)]
    while pages[-1].cursor is not None:
        pages.append(adapter.list_companies(pages[-1].cursor, since))
    return [company for page in pages for company in page.companies], pages


@pytest.mark.parametrize("count", [1, 199, 200, 201, 500, 1000, 1001])
def test_every_company_comes_once_whatever_the_number(psa: FakePsa, count: int):
    ids = psa.add(count)
    companies, pages = list_all(psa.open())
    assert [company.external_id for company in companies] == ids
    received = sum(page.received for page in pages)
    assert received == pages[0].expected >= count
    assert len(pages) == -(-received // psa.page_size)


def test_empty_listing_is_a_page_without_companies(psa: FakePsa):
    page = psa.open().list_companies("")
    assert (page.companies, page.unusable, page.cursor) == ((), 0, None)


def test_listing_goes_on_from_every_cursor_in_another_process(psa: FakePsa):
    psa.add(2 * psa.page_size + 7)
    whole, pages = list_all(psa.open())
    done: list[Company] = []
    for page in pages:
        done += page.companies
        if page.cursor is not None:
            rest, _ = list_all(psa.open(), page.cursor)
            assert done + rest == whole


def test_company_is_reduced_to_what_we_keep(psa: FakePsa):
    psa.add(1)
    (company,), _ = list_all(psa.open())
    assert (company.name, bool(company.key), company.is_active) == ("Customer 1", True, True)
    assert company.domains == ("customer1.example",)
    assert company.updated_at.startswith("2026-02-01T08:00:00.")
    assert company.updated_at.endswith("Z")
    assert company.phone == "555 0100"


def test_secrets_in_rows_and_credentials_are_never_kept_or_told(psa: FakePsa, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    psa.add(3)
    adapter = psa.open()
    companies, _ = list_all(adapter)
    told = [str(companies), str(adapter.check()), caplog.text]
    for fault in FAILURES:
        psa.heal()
        psa.fault(fault)
        with pytest.raises(TenantSyncError) as raised:
            psa.open().list_companies("")
        told.append(f"{raised.value} {raised.value.problem()} {raised.value.cause}")
    for secret in (*psa.secrets, "hidden-secret-canary", "canary-person"):
        assert secret not in "".join(told)


@pytest.mark.parametrize("fault", FAILURES)
def test_fault_is_a_failure_with_an_owner_and_a_next_action(psa: FakePsa, fault: str):
    psa.add(3)
    adapter = psa.open()
    psa.fault(fault)
    failure, code = FAILURES[fault]
    with pytest.raises(failure, match=code) as raised:
        adapter.list_companies("")
    assert raised.value.problem().owner
    assert raised.value.problem().next_action


@pytest.mark.parametrize("fault", FAILURES)
def test_listing_works_again_when_the_fault_is_over(psa: FakePsa, fault: str):
    ids = psa.add(psa.page_size + 1)
    adapter = psa.open()
    cursor = adapter.list_companies("").cursor
    psa.fault(fault)
    with pytest.raises(TenantSyncError):
        adapter.list_companies(cursor or "")
    psa.heal()
    rest, _ = list_all(adapter, cursor or "")
    assert [company.external_id for company in rest] == ids[-1:]


@pytest.mark.parametrize(
    ("fault", "seconds"), [("throttled", None), ("throttled_seconds", 17.0), ("throttled_date", 40.0)]
)
def test_throttling_says_how_long_if_the_psa_does(psa: FakePsa, fault: str, seconds: float | None):
    psa.add(1)
    psa.fault(fault)
    with pytest.raises(ThrottledError) as raised:
        psa.open().list_companies("")
    assert raised.value.cause.retry_after_seconds == seconds


def test_adapter_never_repeats_what_failed(psa: FakePsa):
    psa.add(1)
    adapter = psa.open()
    adapter.list_companies("")
    psa.fault("server_error")
    asked = psa.count_listings()
    with pytest.raises(TransientError):
        adapter.list_companies("")
    assert psa.count_listings() == asked + 1


def test_requests_are_counted(psa: FakePsa):
    psa.add(psa.page_size + 1)
    adapter = psa.open()
    assert adapter.requests == 0
    list_all(adapter)
    adapter.find_ticket(psa.ticket_reference)
    assert adapter.requests == len(psa.asked)


def test_huge_name_costs_its_row_only(psa: FakePsa):
    before = psa.add(1)
    psa.add_named(BIG_NAME)
    after = psa.add(1)
    page = psa.open().list_companies("")
    assert [company.external_id for company in page.companies] == before + after
    assert page.unusable == 1


@pytest.mark.parametrize("name", ["", "   ", None, 7, ["x"]])
def test_row_without_a_name_is_counted_as_unusable(psa: FakePsa, name: object):
    psa.add(1)
    psa.add_named(name)
    page = psa.open().list_companies("")
    assert (len(page.companies), page.unusable) == (1, 1)


def test_duplicate_ids_come_as_they_are(psa: FakePsa):
    ids = psa.add(2)
    psa.repeat_last()
    page = psa.open().list_companies("")
    assert [company.external_id for company in page.companies] == [*ids, ids[-1]]


def test_what_was_changed_since_is_found(psa: FakePsa):
    ids = psa.add(3)
    adapter = psa.open()
    later, _ = list_all(adapter, since="2026-02-01T08:00:01.000Z")
    assert bool(later) is not adapter.is_incremental
    found, _ = list_all(adapter, since="2026-02-01T07:59:59.000Z")
    assert [company.external_id for company in found] == ids


def test_check_tells_whose_psa_it_is(psa: FakePsa):
    psa.add(1)
    account = psa.open().check()
    assert account.name
    assert all(value.startswith("https://") for _, value in account.facts)
    assert all(kind.type_id and kind.label for kind in account.types)


def test_check_tells_a_wrong_key(psa: FakePsa):
    psa.add(1)
    with pytest.raises(RequestError, match="psa_key_refused"):
        psa.open(**psa.wrong_key).check()


def test_check_tells_an_unknown_account_from_a_wrong_key(psa: FakePsa):
    psa.add(1)
    with pytest.raises(RequestError, match="psa_account_unknown"):
        psa.open(**psa.unknown_account).check()


def test_check_tells_that_a_restricted_user_sees_nothing(psa: FakePsa):
    psa.add(5)
    psa.hide_all()
    with pytest.raises(RequestError, match="psa_nothing_visible"):
        psa.open().check()


def test_revoked_key_ends_a_listing(psa: FakePsa):
    psa.add(psa.page_size + 1)
    adapter = psa.open()
    cursor = adapter.list_companies("").cursor
    psa.revoke_key()
    with pytest.raises(RequestError, match="psa_key_refused"):
        adapter.list_companies(cursor or "")


def test_opening_asks_nobody(psa: FakePsa):
    psa.open()
    assert psa.asked == []


def test_note_is_added_and_found_again(psa: FakePsa):
    adapter = psa.open()
    ticket = adapter.find_ticket(psa.ticket_reference)
    assert ticket is not None
    assert (ticket.title, ticket.is_closed) == ("Connect tenant", False)
    text = "Consent verified <ok> & done\nsecond line [op365:abc]"
    adapter.add_note(ticket, text)
    assert psa.notes == [text]
    assert any("[op365:abc]" in note for note in psa.open().recent_notes(ticket))


def test_latest_notes_are_among_the_recent_ones(psa: FakePsa):
    psa.notes += [f"note {number}" for number in range(70)]
    adapter = psa.open()
    ticket = adapter.find_ticket(psa.ticket_reference)
    assert ticket is not None
    recent = adapter.recent_notes(ticket)
    assert len(recent) == 50
    assert {"note 69", "note 20"} <= set(recent)


def test_ticket_is_closed_once(psa: FakePsa):
    adapter = psa.open()
    ticket = adapter.find_ticket(psa.ticket_reference)
    assert ticket is not None
    adapter.close_ticket(ticket)
    assert psa.is_ticket_closed
    adapter.close_ticket(ticket)
    closed = psa.open().find_ticket(psa.ticket_reference)
    assert closed is not None
    assert closed.is_closed


@pytest.mark.parametrize("reference", ["999999", "#999999", "T20990101.0001", "", "no ticket", "../../companies", "١٢"])
def test_unknown_ticket_is_none(psa: FakePsa, reference: str):
    assert psa.open().find_ticket(reference) is None


@pytest.mark.parametrize("value", ["sécret", "a\nX-Other: b", "a\r\nb"])
def test_odd_characters_in_a_key_are_a_refusal_and_no_header(psa: FakePsa, value: str):
    psa.add(1)
    name = next(iter(psa.wrong_key))
    with pytest.raises(RequestError, match="psa_key_refused"):
        psa.open(**{name: value}).check()


def test_every_psa_of_the_port_is_tested():
    kinds = psa_kinds(Settings.from_env(SETTINGS))
    assert set(kinds) == set(Provider) == {psa.provider for psa in PSAS}
    for provider, kind in kinds.items():
        assert (kind.provider, bool(kind.title)) == (provider, True)
        assert any(field.is_secret for field in kind.fields)


def test_problems_of_faults_are_in_the_catalogue():
    for _, code in FAILURES.values():
        assert find_problem(code).title
