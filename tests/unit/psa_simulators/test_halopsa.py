"""The simulated HaloPSA does what its OpenAPI and its users say, and refuses the rest."""

from typing import Any

import pytest

from tests.fakes.psa_simulators import RunningPsa
from tests.unit.psa_simulators.clients import HaloClient

CONTOSO = 13


def test_discovery_leads_to_another_host_and_takes_no_credentials(psa: RunningPsa):
    url = f"{psa.origin('halopsa')}/api/AuthInfo"
    found = psa.http.get(url, timeout=10).json()
    assert (found["auth_url"], found["tenant_id"]) == (f"{psa.origin('halopsa_auth')}/auth", "northwind")
    assert psa.http.get(url, headers={"Authorization": "Bearer x"}, timeout=10).status_code == 400
    assert psa.control("GET", "halopsa/usage")["violations"] == ["credentials in a discovery call: Authorization"]


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "admin"}, 400, "invalid_scope"),
        ({"scope": ""}, 400, "invalid_scope"),
    ],
)
def test_token_is_refused_in_its_own_way(halo: HaloClient, form: dict[str, str], status: int, error: str):
    answer = halo.ask_token(**form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_wrong_tenant_is_an_error_500_that_explains_nothing(halo: HaloClient):
    answer = halo.ask_token(tenant="elsewhere")
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "text/html")


def test_scope_decides_what_a_token_is_good_for(psa: RunningPsa, halo: HaloClient):
    token = halo.ask_token("read:customers").json()
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 3600)
    reader = HaloClient(psa, token["access_token"])
    assert reader.call("Client").status_code == 200
    assert reader.call("Tickets").status_code == 403
    assert HaloClient(psa, "forged").call("Client").status_code == 401


def test_tokens_expire_in_the_middle_of_a_listing(psa: RunningPsa, halo: HaloClient):
    assert halo.call("Client").status_code == 200
    psa.control("DELETE", "halopsa/tokens")
    refused = halo.call("Client")
    assert (refused.status_code, refused.content) == (401, b"")


def test_pages_add_up_to_the_truth(psa: RunningPsa, halo: HaloClient):
    rows, pages = halo.walk(50, includeinactive="true", includeazuretenants="true", order="id")
    wanted = [row["externalId"] for row in psa.companies("halopsa") if row["isListed"]]
    assert [str(row["id"]) for row in rows] == wanted
    assert (pages, len(wanted) < len(psa.companies("halopsa"))) == (3, True)


def test_without_the_right_spelling_only_fifty_come(halo: HaloClient):
    unpaged = halo.call("Client", params={"paginate": "true", "page_size": 100, "page_no": 2}).json()
    assert (len(unpaged["clients"]), unpaged["record_count"] > 50, "page_no" in unpaged) == (50, True, False)


def test_inactive_and_internal_clients_come_when_asked_for(halo: HaloClient):
    active, _ = halo.walk(500)
    inactive, _ = halo.walk(500, includeactive="false", includeinactive="true")
    customers, _ = halo.walk(500, exclude_internal="true")
    assert (any(row["inactive"] for row in active), all(row["inactive"] for row in inactive)) == (False, True)
    assert len(active) - len(customers) == 1


def test_tenants_come_with_tokens_nobody_asked_for(halo: HaloClient):
    rows, _ = halo.walk(500, includeazuretenants="true")
    tenants = [tenant for row in rows for tenant in row["azure_tenants"]]
    assert all(tenant["new_access_token"] for tenant in tenants)
    ids = [tenant["azure_tenant_id"].lower() for tenant in tenants]
    assert len(ids) == len(set(ids)) + 1
    assert "azure_tenants" not in halo.call("Client").json()["clients"][0]


def test_rows_have_logos_and_dates_that_are_none(halo: HaloClient):
    rows, _ = halo.walk(500)
    assert any(row.get("logo", "").startswith("data:image/png;base64,") for row in rows)
    assert {"0001-01-01T00:00:00", "1900-01-01T00:00:00"} & {row["datecreated"] for row in rows}
    assert not any(row["alastupdate"].endswith("Z") for row in rows)


def test_clients_outside_the_agents_permissions_are_missing_without_a_word(psa: RunningPsa, halo: HaloClient):
    before, _ = halo.walk(500)
    psa.change("halopsa", hiddenEveryNth=4)
    after, _ = halo.walk(500)
    assert 0 < len(after) < len(before)
    psa.change("halopsa", isRestricted=True)
    assert halo.walk(500) == ([], 1)


def test_limit_is_enforced_and_nobody_says_how_long(psa: RunningPsa, halo: HaloClient):
    halo.call("Client")
    psa.change("halopsa", requestsPerMinute=4)
    statuses = [halo.call("Client").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert "Retry-After" not in halo.call("Client").headers


def test_note_is_an_action_and_closing_is_a_status(psa: RunningPsa, halo: HaloClient):
    opened = psa.control("POST", "halopsa/tickets", {"title": "Onboard", "externalId": str(CONTOSO)})
    ticket = int(opened["ticketId"])
    note = {"ticket_id": ticket, "outcome": "Private Note", "note": "Started", "hiddenfromuser": True}
    assert halo.call("Actions", "POST", json=[note]).status_code == 201
    listed = halo.call("Actions", params={"ticket_id": ticket}).json()["actions"]
    assert [item["note"] for item in listed] == ["Started"]
    closed = [row["id"] for row in halo.call("Status").json() if row["name"] == "Closed"]
    assert halo.call("Tickets", "POST", json=[{"id": ticket, "status_id": closed[0]}]).json()["hasbeenclosed"] is True
    seen = psa.control("GET", f"halopsa/tickets/{ticket}")
    assert (seen["isClosed"], seen["notes"][0]["isInternal"]) == (True, True)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("Actions", {"ticket_id": 40001, "outcome": "Note", "note": "no array"}),
        ("Actions", [{"ticket_id": 40001, "outcome": "Note"}]),
        ("Actions", [{"ticket_id": 40001, "note": "no outcome"}]),
        ("Tickets", [{"status_id": 9}]),
        ("Tickets", [{"id": 40001, "status_id": 77}]),
    ],
)
def test_writing_it_would_refuse_is_refused(psa: RunningPsa, path: str, body: Any):
    psa.control("POST", "halopsa/tickets", {"title": "Onboard", "externalId": str(CONTOSO)})
    assert HaloClient(psa).call(path, "POST", json=body).status_code == 400
