"""Help on codes: every code of the catalogue says what it means, whose move it is and what to write."""

import re
from urllib.parse import quote

import pytest

from tenantsync.guidance import Owner, Retry, all_guidance, find_guidance
from tenantsync.problems import all_problem_codes, all_problems, find_problem
from tenantsync.services import Services
from tests.app import App
from tests.fakes.microsoft import portal_token

CODES = [code for entry in all_guidance() for code in entry.codes]
ROUTE = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE)\b|\{\w+\}")
PLACEHOLDERS = {"tenant", "consentLink", "redirectUri"}


def test_catalogue_is_large_and_names_each_code_once():
    assert len([code for code in CODES if code.startswith("AADSTS")]) >= 100
    assert len({code.casefold() for code in CODES}) == len(CODES)


@pytest.mark.parametrize("entry", all_guidance(), ids=lambda entry: entry.codes[0])
def test_every_entry_is_whole(entry):
    assert entry.meaning.endswith(".")
    assert entry.next_action.endswith((".", "first."))
    assert entry.owner in Owner
    assert entry.retry in Retry
    assert not entry.problem or entry.problem in all_problem_codes()
    mail = entry.mail_for(entry.codes[0])
    assert set(re.findall(r"\{(\w+)\}", mail)) <= PLACEHOLDERS
    assert bool(mail) == (entry.owner in (Owner.CUSTOMER_ADMIN, Owner.MSP_OPS))
    if entry.owner == Owner.CUSTOMER_ADMIN:
        assert "{tenant}" in mail


@pytest.mark.parametrize("problem", all_problems(), ids=lambda problem: problem.code)
def test_every_problem_of_ours_is_whole(problem):
    assert problem.title
    assert problem.next_action.endswith(".")
    assert not ROUTE.search(problem.next_action), "technicians read this, who have the portal and not the API"
    assert 200 <= problem.status < 600


def test_mail_for_missing_consent_has_the_link_and_for_the_redirect_the_address():
    assert "{consentLink}" in find_guidance("65001")[1].mail
    assert "{redirectUri}" in find_guidance("AADSTS50011")[1].mail
    assert find_guidance("AADSTS50011")[1].owner == Owner.MSP_OPS


@pytest.mark.parametrize("code", ["AADSTS65001", "aadsts65001", "65001"])
def test_help_finds_a_code_however_it_is_written(services: Services, code: str):
    answer = App().call("GET", f"/api/msp-portal/help/{code}", portal_token("Onboarding.Read"))
    assert (answer.status, answer.body["code"], answer.body["known"]) == (200, "AADSTS65001", True)
    assert answer.body["owner"] == "customer_admin"
    assert answer.body["retry"] == "propagation"


def test_help_knows_graphs_codes_and_ours(services: Services):
    graph = App().call("GET", "/api/msp-portal/help/Authorization_RequestDenied", portal_token("Onboarding.Ops")).body
    assert (graph["source"], graph["known"]) == ("microsoft", True)
    own = App().call("GET", "/api/msp-portal/help/wrong_tenant", portal_token("Onboarding.Ops")).body
    assert (own["source"], own["owner"]) == ("opspilot365", "technician")


def test_unknown_code_gets_honest_help(services: Services):
    body = App().call("GET", "/api/msp-portal/help/AADSTS99999999", portal_token("Onboarding.Read")).body
    assert (body["known"], body["source"], body["owner"]) == (False, "unknown", "msp_ops")
    assert "does not know" in body["meaning"]


@pytest.mark.parametrize("code", ["<script>", "a b", "x" * 81, "..%2f"])
def test_what_is_no_code_is_refused(services: Services, code: str):
    answer = App().call("GET", f"/api/msp-portal/help/{quote(code, safe='')}", portal_token("Onboarding.Read"))
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")


def test_microsofts_code_says_better_whose_move_it_is():
    plain = find_problem("sign_in_failed")
    told = find_problem("sign_in_failed", "Microsoft said AADSTS7000222.", "AADSTS7000222")
    assert (plain.owner, told.owner) == (Owner.CUSTOMER_ADMIN, Owner.MSP_OPS)
    assert told.to_json()["microsoftCode"] == "AADSTS7000222"
    unknown = find_problem("sign_in_failed", "", "AADSTS1")
    assert unknown.owner == plain.owner
