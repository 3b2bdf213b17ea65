"""What all simulated PSAs have in common: the same companies every time, and what goes wrong on purpose."""

from collections import Counter

import pytest
import requests

from devstack.psa.limits import Window
from devstack.psa.population import Kind, make_accounts
from devstack.psa.spec import Fault, PsaScenario, parse_scenario
from tests.fakes.psa_simulators import RunningPsa
from tests.unit.psa_simulators.clients import AutotaskClient, ConnectWiseClient, HaloClient

ALL = {"op": "exist", "field": "id"}


def ask(psa: RunningPsa, vendor: str) -> requests.Response:
    """A listing of companies, as each PSA has it."""
    if vendor == "connectwise":
        return ConnectWiseClient(psa).call("company/companies", allow_redirects=False)
    if vendor == "autotask":
        return AutotaskClient(psa).call("Companies/query", "POST", json={"filter": [ALL]}, allow_redirects=False)
    return HaloClient(psa).call("Client", allow_redirects=False)


VENDORS = pytest.mark.parametrize("vendor", ["connectwise", "autotask", "halopsa"])
PATHS = {"connectwise": "/companies", "autotask": "/Companies", "halopsa": "/Client"}


def test_population_is_the_same_every_time_and_untidy():
    one, other = (list(make_accounts(PsaScenario(companies=5000))) for _ in range(2))
    assert one == other != list(make_accounts(PsaScenario(companies=5000, seed=2)))
    kinds = Counter(account.kind for account in one)
    assert (len(one), kinds[Kind.OWNER], set(kinds)) == (5001, 1, set(Kind))
    assert kinds[Kind.CUSTOMER] > 4000
    assert len({account.domain for account in one}) > 2000
    shared = Counter(tenant for account in one for tenant in account.tenant_ids)
    assert [count for count in shared.values() if count > 1] == [2]


def test_website_of_every_spelling_means_its_domain():
    for account in make_accounts(PsaScenario(companies=500)):
        assert account.domain in account.website.lower()


@VENDORS
@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("down", {503}),
        ("server_error", {500}),
        ("throttle", {429}),
        ("redirect", {302}),
        ("not_json", {200}),
        ("forbidden", {403, 500}),
        ("unauthorized", {401}),
    ],
)
def test_fault_that_refuses_happens_as_often_as_wanted(psa: RunningPsa, vendor: str, kind: str, statuses: set[int]):
    psa.change(vendor, faults=[{"kind": kind, "path": PATHS[vendor], "times": 1}])
    answer = ask(psa, vendor)
    assert answer.status_code in statuses
    if kind == "not_json":
        assert "json" not in answer.headers["Content-Type"]
    assert ask(psa, vendor).json() is not None


@VENDORS
@pytest.mark.parametrize("kind", ["drop", "truncate"])
def test_answer_never_arrives_whole(psa: RunningPsa, vendor: str, kind: str):
    psa.change(vendor, faults=[{"kind": kind, "path": PATHS[vendor]}])
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        ask(psa, vendor)
    assert ask(psa, vendor).status_code == 200


@VENDORS
@pytest.mark.parametrize("kind", ["empty", "duplicate", "huge_name"])
def test_rows_are_spoiled(psa: RunningPsa, vendor: str, kind: str):
    whole = ask(psa, vendor)
    psa.change(vendor, faults=[{"kind": kind, "path": PATHS[vendor]}])
    spoiled = ask(psa, vendor)
    if kind == "huge_name":
        assert len(spoiled.content) > 10_000_000
    else:
        assert (len(spoiled.content) > len(whole.content)) is (kind == "duplicate")
    assert len(ask(psa, vendor).content) == len(whole.content)


def test_link_leads_off_the_host(psa: RunningPsa):
    for vendor in PATHS:
        psa.change(vendor, faults=[{"kind": "foreign_link", "times": None}])
    link = ConnectWiseClient(psa).call("company/companies").links["next"]["url"]
    page = AutotaskClient(psa).query(ALL, MaxRecords=50).json()["pageDetails"]["nextPageUrl"]
    authority = psa.http.get(f"{psa.origin('halopsa')}/api/authinfo", timeout=10).json()["auth_url"]
    for address in (link, page, authority):
        assert address.startswith("https://169.254.169.254/")


@VENDORS
def test_latency_is_that_of_every_answer(psa: RunningPsa, vendor: str):
    ask(psa, vendor)
    psa.change(vendor, latencyMs=120)
    assert ask(psa, vendor).elapsed.total_seconds() >= 0.12


def test_setting_there_is_not_is_refused(psa: RunningPsa):
    with pytest.raises(requests.HTTPError, match="400"):
        psa.change("halopsa", shoeSize=5)
    with pytest.raises(ValueError, match="unknown fault"):
        Fault(kind="earthquake")
    with pytest.raises(TypeError):
        parse_scenario({"shoeSize": 5})


def test_scenario_is_read_from_json():
    document = {"companies": 30, "known": [{"name": "A", "domain": "a.example"}], "halopsa": {"tokenSeconds": 5}}
    scenario = parse_scenario(document)
    assert (scenario.companies, scenario.known[0].domain, scenario.halopsa.token_seconds) == (30, "a.example", 5)


def test_window_slides():
    time = [100.0]
    window = Window(60, clock=lambda: time[0])
    assert [window.wait(2), window.wait(2)] == [0.0, 0.0]
    assert window.wait(2) == 60.0
    time[0] = 130.0
    assert window.wait(2) == 30.0
    time[0] = 160.0
    assert (window.wait(2), window.peak, window.used) == (0.0, 2, 1)
