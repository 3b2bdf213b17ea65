"""The simulated ConnectWise does what the Developer Guide says, and refuses the rest."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fakes.psa_simulators import RunningPsa
from tests.unit.psa_simulators.clients import CLIENT_ID, ConnectWiseClient


def company_info(psa: RunningPsa, company: str = "northwind", **options: Any) -> Any:
    return psa.http.get(f"{psa.origin('connectwise')}/login/companyinfo/{company}", timeout=10, **options)


def test_discovery_names_the_codebase_and_answers_null_for_a_stranger(psa: RunningPsa):
    assert company_info(psa).json()["Codebase"] == "v2025_1/"
    stranger = company_info(psa, "nobody")
    assert (stranger.status_code, stranger.json()) == (200, None)


def test_credentials_in_discovery_are_refused_and_remembered(psa: RunningPsa):
    assert company_info(psa, headers={"clientId": CLIENT_ID}).status_code == 400
    assert company_info(psa, auth=("northwind+key", "secret")).status_code == 400
    assert len(psa.control("GET", "connectwise/usage")["violations"]) == 2


@pytest.mark.parametrize(
    ("client", "status", "code"),
    [
        ({"key": "wrong"}, 401, "Unauthorized"),
        ({"key": "wrong", "codebase": "v4_6_release"}, 404, "NotFound"),
        ({"codebase": "v2024_1"}, 404, "NotFound"),
        ({"headers": {}}, 403, "Forbidden"),
        ({"headers": {"clientId": "11111111-1111-4111-8111-111111111111"}}, 403, "Forbidden"),
    ],
)
def test_wrong_credentials_are_refused_in_its_own_way(psa: RunningPsa, client: dict[str, Any], status: int, code: str):
    answer = ConnectWiseClient(psa, **client).call("company/companies")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_alias_codebase_works_and_an_upgrade_makes_the_old_one_unknown(psa: RunningPsa):
    assert ConnectWiseClient(psa, codebase="v4_6_release").call("system/info").status_code == 200
    psa.change("connectwise", codebase="v2025_2/")
    assert ConnectWiseClient(psa).call("system/info").status_code == 404
    assert ConnectWiseClient(psa, codebase="v2025_2").call("system/info").status_code == 200


def test_forward_only_pages_add_up_to_the_truth(psa: RunningPsa, connectwise: ConnectWiseClient):
    rows, pages = connectwise.walk(pageSize=50, page=7)
    assert [str(row["id"]) for row in rows] == [row["externalId"] for row in psa.companies("connectwise")]
    assert (len(rows), pages) == (121, 3)


def test_forward_only_is_stable_while_rows_come_and_go(psa: RunningPsa, connectwise: ConnectWiseClient):
    first = connectwise.call("company/companies?pageSize=50", headers={"pagination-type": "forward-only"})
    psa.control("POST", "connectwise/companies/251/merge", {"into": 252})
    psa.control("POST", "connectwise/companies", {"name": "Newcomer"})
    rest, _ = connectwise.walk(pageId=first.json()[-1]["id"])
    ids = [row["id"] for row in [*first.json(), *rest]]
    assert (len(ids), len(set(ids))) == (122, 122)


def test_last_forward_page_has_an_empty_link_header(connectwise: ConnectWiseClient):
    last = connectwise.call("company/companies?pageSize=1000", headers={"pagination-type": "forward-only"})
    assert last.headers["Link"] == ""


def test_navigable_links_lead_there_and_back(connectwise: ConnectWiseClient):
    first = connectwise.call("company/companies")
    assert (len(first.json()), set(first.links)) == (25, {"next", "last"})
    last = connectwise.call("company/companies?page=5")
    assert (len(last.json()), set(last.links)) == (21, {"first", "prev"})
    assert connectwise.call("company/companies?page=9").json() == []


@pytest.mark.parametrize(
    ("conditions", "names"),
    [
        ('name="contoso"', {"Contoso"}),
        ('name like "cont%"', {"Contoso"}),
        ("id=251", {"Contoso"}),
        ("id in (2, 251)", {"Contoso", "Northwind MSP"}),
        ('(id=2 or id=251) and not name contains "north"', {"Contoso"}),
        ('id<=251 and name not in ("Contoso")', {"Northwind MSP"}),
        ("id=251 and deletedFlag=False and status/id in (1)", {"Contoso"}),
        ("id=251 and deletedFlag=True", set()),
    ],
)
def test_conditions_are_understood(connectwise: ConnectWiseClient, conditions: str, names: set[str]):
    rows, _ = connectwise.walk(conditions=conditions)
    assert {row["name"] for row in rows} == names


@pytest.mark.parametrize(
    "conditions",
    [
        "name='Contoso'",
        "name=Contoso",
        "shoeSize=5",
        "id=",
        "id=1 and",
        "(id=1",
        "id=1 id=2",
        'id="1"',
        "deletedFlag=0",
        'lastUpdated>"2026-01-01T00:00:00Z"',
        "lastUpdated>[yesterday]",
        "types/id=1",
        "name ~ 5",
    ],
)
def test_conditions_it_would_refuse_are_refused(connectwise: ConnectWiseClient, conditions: str):
    answer = connectwise.call("company/companies", params={"conditions": conditions})
    assert (answer.status_code, answer.json()["code"]) == (400, "ConnectWiseApi")


def test_types_are_asked_for_by_child_conditions(psa: RunningPsa, connectwise: ConnectWiseClient):
    rows, _ = connectwise.walk(childConditions='types/name="Client"')
    wanted = {row["externalId"] for row in psa.companies("connectwise") if "Client" in row["types"]}
    assert {str(row["id"]) for row in rows} == wanted
    assert any(not row["types"] for row in psa.companies("connectwise"))


def test_only_what_has_changed_since_is_listed(psa: RunningPsa, connectwise: ConnectWiseClient):
    since = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    psa.control("PATCH", "connectwise/companies/251", {"name": "Contoso Renamed"})
    psa.control("DELETE", "connectwise/companies/255")
    rows, _ = connectwise.walk(conditions=f"lastUpdated>[{since}]")
    assert rows[0]["name"] == "Contoso Renamed"
    assert [(row["id"], row["deletedFlag"]) for row in rows] == [(251, False), (255, True)]


@pytest.mark.parametrize("query", ["fields=id,shoeSize", "pageSize=0", "page=x", "color=red", "orderBy=shoeSize"])
def test_other_parameters_it_would_refuse_are_refused(connectwise: ConnectWiseClient, query: str):
    assert connectwise.call(f"company/companies?{query}").status_code == 400


def test_ordering_is_forbidden_while_going_forward_only(connectwise: ConnectWiseClient):
    path, headers = "company/companies?orderBy=name", {"pagination-type": "forward-only"}
    assert connectwise.call(path, headers=headers).status_code == 400
    ids = [row["id"] for row in connectwise.call("company/companies?orderBy=id desc&pageSize=1000").json()]
    assert ids == sorted(ids, reverse=True)


def test_fields_cut_rows_down_and_count_and_search_agree(connectwise: ConnectWiseClient):
    assert set(connectwise.call("company/companies?fields=id,name&pageSize=1").json()[0]) == {"id", "name"}
    counted = connectwise.call("company/companies/count?conditions=deletedFlag=False").json()["count"]
    body = {"conditions": "deletedFlag=False"}
    found = connectwise.call("company/companies/search?pageSize=1000", "POST", json=body).json()
    assert counted == len(found) < 121


def test_limit_is_enforced_and_the_highest_use_remembered(psa: RunningPsa, connectwise: ConnectWiseClient):
    psa.change("connectwise", requestsPerMinute=3)
    statuses = [connectwise.call("system/info").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    refused = connectwise.call("system/info")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    usage = psa.control("GET", "connectwise/usage")
    assert (usage["window"]["peak"], usage["throttled"]) == (3, 3)


def test_restricted_member_sees_nothing_and_is_not_told(psa: RunningPsa, connectwise: ConnectWiseClient):
    psa.change("connectwise", isRestricted=True)
    assert connectwise.walk() == ([], 1)
    psa.change("connectwise", isForbidden=True)
    assert connectwise.call("company/companies").status_code == 403


def test_note_is_added_and_the_ticket_closed(psa: RunningPsa, connectwise: ConnectWiseClient):
    opened = psa.control("POST", "connectwise/tickets", {"title": "Onboard Contoso", "externalId": "251"})
    path = f"service/tickets/{opened['ticketId']}"
    added = connectwise.call(f"{path}/notes", "POST", json={"text": "Started", "internalAnalysisFlag": True})
    assert added.status_code == 201
    assert [note["text"] for note in connectwise.call(f"{path}/notes").json()] == ["Started"]
    closing = [row for row in connectwise.call("service/boards/1/statuses").json() if row["closedStatus"]]
    change = [{"op": "replace", "path": "status/id", "value": closing[-1]["id"]}]
    assert connectwise.call(path, "PATCH", json=change).json()["closedFlag"] is True
    seen = psa.control("GET", f"connectwise/tickets/{opened['ticketId']}")
    assert (seen["isClosed"], seen["notes"][0]["isInternal"]) == (True, True)


@pytest.mark.parametrize(
    ("path", "method", "body"),
    [
        ("/notes", "POST", {"text": "no flag"}),
        ("/notes", "POST", {"internalAnalysisFlag": True}),
        ("/notes", "POST", [{"text": "an array", "internalAnalysisFlag": True}]),
        ("", "PATCH", {"status": {"id": 5}}),
        ("", "PATCH", [{"op": "replace", "path": "status/id", "value": 99}]),
        ("", "PATCH", [{"op": "replace", "path": "id", "value": 1}]),
    ],
)
def test_writing_it_would_refuse_is_refused(psa: RunningPsa, path: str, method: str, body: Any):
    opened = psa.control("POST", "connectwise/tickets", {"title": "Onboard", "externalId": "251"})
    answer = ConnectWiseClient(psa).call(f"service/tickets/{opened['ticketId']}{path}", method, json=body)
    assert answer.status_code == 400
