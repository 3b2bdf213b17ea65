"""The adapters against the simulated PSAs over TLS: all customers, all notes, no limit passed, nothing given away."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from devstack.psa.connections import app_settings, connection_values
from devstack.psa.spec import PsaScenario
from tenantsync.errors import CursorExpiredError, RequestError, TenantSyncError, ThrottledError
from tenantsync.psa.port import Company, Provider, PsaAdapter
from tenantsync.psa.registry import psa_kinds
from tenantsync.settings import Settings
from tests.fakes.psa_simulators import RunningPsa, running_psa
from tests.services import ENVIRONMENT

SCENARIO = PsaScenario(companies=1200)
LISTINGS = {"connectwise": "/companies", "autotask": "/Companies/query", "halopsa": "/Client"}


@dataclass(frozen=True)
class Simulated:
    """One of the simulated PSAs, as an MSP that has it."""

    psa: RunningPsa
    provider: Provider

    def open(self, **changes: str) -> PsaAdapter:
        environment = {**ENVIRONMENT, **app_settings(self.psa.world.scenario, self.psa.world.origins)}
        kinds = psa_kinds(Settings.from_env({**environment, "REQUESTS_CA_BUNDLE": str(self.psa.ca)}))
        return kinds[self.provider].open({**self.values, **changes})

    @property
    def values(self) -> dict[str, str]:
        return connection_values(self.psa.world.scenario, self.psa.world.origins)[self.provider]

    def change(self, **settings: Any) -> None:
        self.psa.change(self.provider, **settings)

    def usage(self) -> dict[str, Any]:
        found: dict[str, Any] = self.psa.control("GET", f"{self.provider}/usage")
        return found


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(params=Provider)
def simulated(request: pytest.FixtureRequest, certificates: Path) -> Iterator[Simulated]:
    """Afterwards nobody may have done what no client may do."""
    with running_psa(certificates, SCENARIO) as running:
        one = Simulated(running, request.param)
        yield one
        assert one.usage()["violations"] == []


def list_all(adapter: PsaAdapter, since: str = "") -> list[Company]:
    page = adapter.list_companies("", since)
    companies = list(page.companies)
    while page.cursor is not None:
        page = adapter.list_companies(page.cursor, since)
        companies += page.companies
    return companies


def expected(simulated: Simulated) -> dict[str, dict[str, Any]]:
    """The truth of whom an MSP has not told otherwise takes for a customer, by id."""
    kinds = {"customer", "partner"} if simulated.provider is Provider.HALOPSA else {"customer"}
    rows = [row for row in simulated.psa.companies(simulated.provider) if row["kind"] in kinds and row["isListed"]]
    is_kept = simulated.provider is not Provider.CONNECTWISE
    return {row["externalId"]: row for row in rows if is_kept or not row["isDeleted"]}


def test_every_customer_arrives_as_the_psa_has_it(simulated: Simulated):
    truth, companies = expected(simulated), list_all(simulated.open())
    assert [company.external_id for company in companies] == list(truth)
    for company in companies:
        row = truth[company.external_id]
        assert company.name == " ".join(row["name"].split())
        assert company.is_active is row["isActive"]
        assert not row["domain"] or row["domain"] in company.domains
        if simulated.provider is Provider.HALOPSA:
            assert list(company.entra_tenant_ids) == row["tenantIds"]
        else:
            assert list(company.types) == row["types"]


def test_listing_needs_few_requests_and_passes_no_limit(simulated: Simulated):
    adapter = simulated.open()
    companies = list_all(adapter)
    usage = simulated.usage()
    assert len(companies) > 1000
    assert usage["throttled"] == 0
    assert usage["window"]["peak"] <= adapter.requests == usage["requests"] <= 20
    assert max(usage["mostAtOnce"].values()) == 1


def test_check_says_whose_it_is(simulated: Simulated):
    account = simulated.open().check()
    assert account.name
    assert simulated.usage()["requests"] <= 6


def test_only_what_has_changed_is_listed_where_the_psa_can(simulated: Simulated):
    adapter = simulated.open()
    whole = list_all(adapter)
    first = whole[0].external_id
    simulated.psa.control("PATCH", f"{simulated.provider}/companies/{first}", {"name": "Renamed", "isActive": True})
    simulated.psa.control("PATCH", f"{simulated.provider}/companies/{whole[1].external_id}", {"isActive": False})
    changed = list_all(simulated.open(), since="2026-01-01T00:00:00.000Z")
    assert [company.name for company in changed if company.external_id == first] == ["Renamed"]
    assert (len(changed) == 2) is adapter.is_incremental
    assert [company.is_active for company in changed][:2] == [True, False]


def test_rows_that_come_and_go_meanwhile_lose_nobody_else(simulated: Simulated):
    """HaloPSA's pages are numbered, so there the adapter says that the listing has to begin again."""
    before, adapter = expected(simulated), simulated.open()
    page = adapter.list_companies("")
    gone = page.companies[0].external_id
    simulated.psa.control("DELETE", f"{simulated.provider}/companies/{gone}")
    if simulated.provider is Provider.HALOPSA:
        with pytest.raises(CursorExpiredError, match="psa_listing_changed"):
            adapter.list_companies(page.cursor or "")
        return
    seen = {company.external_id for company in page.companies}
    while page.cursor is not None:
        page = adapter.list_companies(page.cursor)
        seen |= {company.external_id for company in page.companies}
    assert seen == set(before)


def test_listing_survives_what_moves_in_its_middle(simulated: Simulated):
    adapter = simulated.open()
    page = adapter.list_companies("")
    seen = [company.external_id for company in page.companies]
    if simulated.provider is Provider.CONNECTWISE:
        simulated.change(codebase="v2025_2/")
    elif simulated.provider is Provider.AUTOTASK:
        simulated.change(zone="autotask_other_zone")
    else:
        simulated.psa.control("DELETE", "halopsa/tokens")
    while page.cursor is not None:
        page = adapter.list_companies(page.cursor)
        seen += [company.external_id for company in page.companies]
    assert seen == list(expected(simulated))


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("down", "psa_unavailable"),
        ("server_error", "psa_unavailable"),
        ("drop", "psa_unavailable"),
        ("truncate", "psa_unavailable"),
        ("throttle", "psa_throttled"),
        ("forbidden", "psa_permission_missing"),
        ("redirect", "psa_unexpected_answer"),
        ("not_json", "psa_unexpected_answer"),
    ],
)
def test_fault_in_the_middle_is_a_failure_and_the_listing_goes_on(simulated: Simulated, kind: str, code: str):
    adapter = simulated.open()
    page = adapter.list_companies("")
    simulated.change(faults=[{"kind": kind, "path": LISTINGS[simulated.provider]}])
    with pytest.raises(TenantSyncError) as raised:
        adapter.list_companies(page.cursor or "")
    assert raised.value.code == code
    assert adapter.list_companies(page.cursor or "").companies


def test_huge_name_costs_its_row_only(simulated: Simulated):
    simulated.change(faults=[{"kind": "huge_name", "path": LISTINGS[simulated.provider], "times": None}])
    page = simulated.open().list_companies("")
    assert page.unusable == 1


def test_link_off_the_host_is_followed_by_nobody(simulated: Simulated):
    simulated.change(faults=[{"kind": "foreign_link", "times": None}])
    code = "psa_host_refused" if simulated.provider is not Provider.CONNECTWISE else "psa_unexpected_answer"
    with pytest.raises(TenantSyncError, match=code):
        simulated.open().list_companies("")


@pytest.mark.parametrize("simulated", [Provider.AUTOTASK], indirect=True)
def test_renamed_customer_type_is_a_question_and_no_guess(simulated: Simulated):
    simulated.change(customerLabel="Managed")
    with pytest.raises(RequestError, match="psa_types_unclear"):
        simulated.open().list_companies("")
    assert simulated.open(customerTypes="1").list_companies("").companies


def test_wrong_key_and_unknown_account_are_told_apart(simulated: Simulated):
    wrong: dict[Provider, tuple[dict[str, str], dict[str, str]]] = {
        Provider.CONNECTWISE: ({"privateKey": "wrong"}, {"companyId": "nobody"}),
        Provider.AUTOTASK: ({"secret": "wrong"}, {"userName": "nobody@example.com"}),
        Provider.HALOPSA: ({"clientSecret": "wrong"}, {"tenant": "elsewhere"}),
    }
    key, account = wrong[simulated.provider]
    for changes, code in ((key, "psa_key_refused"), (account, "psa_account_unknown")):
        with pytest.raises(RequestError, match=code):
            simulated.open(**changes).check()


def test_restricted_and_forbidden_users_are_told_apart(simulated: Simulated):
    for settings, code in (({"isRestricted": True}, "psa_nothing_visible"), ({"isForbidden": True}, "permission")):
        simulated.change(**settings)
        with pytest.raises(RequestError, match=code):
            simulated.open().check()


def test_limit_that_is_passed_is_throttling(simulated: Simulated):
    limit = "requestsPerHour" if simulated.provider is Provider.AUTOTASK else "requestsPerMinute"
    simulated.change(**{limit: 1})
    adapter = simulated.open()
    with pytest.raises(ThrottledError) as raised:
        list_all(adapter)
    is_told = simulated.provider is Provider.CONNECTWISE
    assert (raised.value.cause.retry_after_seconds is not None) is is_told


def test_ticket_is_found_noted_and_closed(simulated: Simulated):
    first = next(iter(expected(simulated)))
    document = {"title": "Onboard Contoso", "externalId": first}
    opened = simulated.psa.control("POST", f"{simulated.provider}/tickets", document)
    adapter = simulated.open()
    ticket = adapter.find_ticket(opened["reference"])
    assert ticket is not None
    text = "Consent verified <ok> & done\nsecond line [op365:abc]"
    adapter.add_note(ticket, text)
    assert any("[op365:abc]" in note for note in simulated.open().recent_notes(ticket))
    adapter.close_ticket(ticket)
    adapter.close_ticket(ticket)
    found = adapter.find_ticket(opened["reference"])
    assert found is not None
    assert found.is_closed
    seen = simulated.psa.control("GET", f"{simulated.provider}/tickets/{opened['ticketId']}")
    assert (seen["isClosed"], seen["notes"][0]["text"], seen["notes"][0]["isInternal"]) == (True, text, True)
    assert simulated.open().find_ticket("999999") is None
