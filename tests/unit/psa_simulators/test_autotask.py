"""The simulated Autotask does what its Developer Help says, and refuses the rest."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devstack.psa import front
from tests.fakes.psa_simulators import RunningPsa
from tests.unit.psa_simulators.clients import AutotaskClient

ALL = {"op": "exist", "field": "id"}
CONTOSO = 29_683_501


def zone(psa: RunningPsa, user: str = "api.user@northwind-msp.example", **options: Any) -> Any:
    url = f"{psa.origin('autotask')}/atservicesrest/v1.0/zoneInformation"
    return psa.http.get(url, params={"user": user}, timeout=10, **options)


def test_zone_is_found_by_the_user_name_alone(psa: RunningPsa):
    assert zone(psa).json()["url"] == f"{psa.origin('autotask_zone')}/ATServicesRest/"
    stranger = zone(psa, "nobody@example.com")
    assert (stranger.status_code, list(stranger.json())) == (500, ["errors"])


def test_secret_in_the_zone_lookup_is_refused_and_remembered(psa: RunningPsa):
    assert zone(psa, headers={"Secret": "simulated-secret"}).status_code == 400
    assert psa.control("GET", "autotask/usage")["violations"] == ["credentials in a discovery call: Secret"]


def test_moved_database_is_unauthorized_where_it_was(psa: RunningPsa, autotask: AutotaskClient):
    assert autotask.query(ALL).status_code == 200
    psa.change("autotask", zone="autotask_other_zone")
    assert autotask.query(ALL).status_code == 401
    assert AutotaskClient(psa, zone="autotask_other_zone").query(ALL).status_code == 200
    assert zone(psa).json()["url"].startswith(psa.origin("autotask_other_zone"))


@pytest.mark.parametrize(
    ("header", "value", "status", "text"),
    [
        ("Secret", "wrong", 401, "not valid"),
        ("UserName", "nobody@example.com", 401, "not valid"),
        ("ApiIntegrationCode", "WRONG", 500, "IntegrationCode is invalid"),
        ("ApiIntegrationCode", None, 500, "IntegrationCode is invalid"),
    ],
)
def test_wrong_credentials_are_refused_in_its_own_way(
    autotask: AutotaskClient, header: str, value: str | None, status: int, text: str
):
    autotask.headers = {**autotask.headers, header: value}  # type: ignore[dict-item]
    answer = autotask.query(ALL)
    assert answer.status_code == status
    assert text in answer.json()["errors"][0]


def test_pages_by_post_add_up_to_the_truth(psa: RunningPsa, autotask: AutotaskClient):
    rows, pages = autotask.walk(ALL, MaxRecords=50)
    assert [str(row["id"]) for row in rows] == [row["externalId"] for row in psa.companies("autotask")]
    assert (len(rows), pages, rows[0]["id"]) == (121, 3, 0)


def test_pages_by_keyset_need_no_link(autotask: AutotaskClient):
    first = autotask.query({"op": "gt", "field": "id", "value": 0}, MaxRecords=50).json()["items"]
    after = {"op": "gt", "field": "ID", "value": first[-1]["id"]}
    rest = autotask.query(after, MaxRecords=500).json()["items"]
    assert len({row["id"] for row in [*first, *rest]}) == 120


def test_next_page_is_no_get(autotask: AutotaskClient):
    link = autotask.query(ALL, MaxRecords=50).json()["pageDetails"]["nextPageUrl"]
    assert autotask.call(link).status_code == 405
    assert autotask.call(link, "POST").status_code == 500


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ([{"op": "eq", "field": "companyName", "value": "CONTOSO"}], {"Contoso"}),
        ([{"op": "beginsWith", "field": "companyname", "value": "cont"}], {"Contoso"}),
        ([{"op": "in", "field": "id", "value": [0, CONTOSO]}], {"Contoso", "Northwind MSP"}),
        ([{"op": "lte", "field": "id", "value": str(CONTOSO)}, {"op": "gt", "field": "id", "value": 0}], {"Contoso"}),
        (
            [
                {
                    "op": "or",
                    "items": [
                        {"op": "eq", "field": "id", "value": 0},
                        {
                            "op": "and",
                            "items": [
                                {"op": "eq", "field": "id", "value": CONTOSO},
                                {"op": "eq", "field": "isActive", "value": True},
                            ],
                        },
                    ],
                }
            ],
            {"Contoso", "Northwind MSP"},
        ),
        ([{"op": "eq", "field": "Entra Tenant Id", "value": "77777777", "udf": True}], {"Contoso"}),
    ],
)
def test_filters_are_understood(autotask: AutotaskClient, query: list[dict[str, Any]], names: set[str]):
    rows, _ = autotask.walk(*query)
    assert {row["companyName"] for row in rows} == names


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"filter": []},
        {"filter": [{"op": "startsWith", "field": "companyName", "value": "c"}]},
        {"filter": [{"op": "isNull", "field": "companyName"}]},
        {"filter": [{"op": "eq", "field": "shoeSize", "value": 5}]},
        {"filter": [{"op": "eq", "field": "id"}]},
        {"filter": [{"op": "eq", "field": "id", "value": "many"}]},
        {"filter": [{"op": "contains", "field": "id", "value": 1}]},
        {"filter": [{"op": "or", "items": [{"op": "eq", "field": "id", "value": n} for n in range(501)]}]},
        {"filter": [{"op": "eq", "field": name, "value": "x", "udf": True} for name in "ab"]},
        {"filter": [ALL], "MaxRecords": 501},
        {"filter": [ALL], "MaxRecords": 0},
        {"filter": [ALL], "IncludeFields": ["shoeSize"]},
        {"filter": [ALL], "IncludeFields": ["companyName"], "MaxRecords": 50},
        {"filter": [ALL], "Page": 2},
    ],
)
def test_query_it_would_refuse_is_refused(autotask: AutotaskClient, body: dict[str, Any]):
    answer = autotask.call("Companies/query", "POST", json=body)
    assert (answer.status_code, list(answer.json())) == (500, ["errors"])


def test_stamps_come_without_zone_or_not_at_all(autotask: AutotaskClient):
    stamps = [row["lastTrackedModifiedDateTime"] for row in autotask.walk(ALL)[0]]
    assert any(not stamp.endswith("Z") for stamp in stamps)


def test_only_what_has_changed_since_is_listed(psa: RunningPsa, autotask: AutotaskClient):
    since = (datetime.now(UTC) - timedelta(minutes=2)).isoformat()
    psa.control("PATCH", f"autotask/companies/{CONTOSO}", {"isActive": False})
    added = psa.control("POST", "autotask/companies", {"name": "Newcomer"})
    changed = [{"op": "gte", "field": name, "value": since} for name in ("lastTrackedModifiedDateTime", "createDate")]
    rows, _ = autotask.walk({"op": "or", "items": changed})
    assert [(row["id"], row["isActive"]) for row in rows] == [(CONTOSO, False), (int(added["externalId"]), True)]


def test_merged_company_is_gone(psa: RunningPsa, autotask: AutotaskClient):
    psa.control("POST", f"autotask/companies/{CONTOSO}/merge", {"into": CONTOSO + 1})
    assert autotask.call(f"Companies/{CONTOSO}").json() == {"item": None}
    assert autotask.call(f"Companies/{CONTOSO + 1}").json()["item"]["id"] == CONTOSO + 1


def test_picklist_is_this_installations_own(psa: RunningPsa, autotask: AutotaskClient):
    psa.change("autotask", customerLabel="Managed Client")
    fields = autotask.call("Companies/entityInformation/fields").json()["fields"]
    (types,) = (field["picklistValues"] for field in fields if field["name"] == "companyType")
    assert (types[0]["value"], types[0]["label"]) == ("1", "Managed Client")


def test_hourly_budget_is_shared_with_others(psa: RunningPsa, autotask: AutotaskClient):
    psa.change("autotask", requestsPerHour=10, usedByOthers=8)
    assert [autotask.query(ALL).status_code for _ in range(3)] == [200, 200, 429]
    assert psa.control("GET", "autotask/usage")["window"] == {"seconds": 3600, "limit": 10, "peak": 10}


def test_fourth_request_at_once_is_refused(psa: RunningPsa, autotask: AutotaskClient, monkeypatch: pytest.MonkeyPatch):
    refused = asyncio.Event()

    async def until_the_fourth_is_refused(request: object) -> None:
        if psa.world.autotask.usage.throttled:
            refused.set()
        await refused.wait()

    monkeypatch.setattr(front, "_linger", until_the_fourth_is_refused)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: autotask.query(ALL), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 429]
    assert psa.control("GET", "autotask/usage")["mostAtOnce"] == {"Companies": 4}


def test_missing_permission_is_an_error_500_and_restriction_is_silent(psa: RunningPsa, autotask: AutotaskClient):
    psa.change("autotask", isRestricted=True)
    assert autotask.query(ALL).json()["items"] == []
    psa.change("autotask", isForbidden=True)
    refused = autotask.query(ALL)
    assert refused.status_code == 500
    assert "adequate permissions" in refused.json()["errors"][0]


def test_note_is_added_and_the_ticket_completed(psa: RunningPsa, autotask: AutotaskClient):
    opened = psa.control("POST", "autotask/tickets", {"title": "Onboard", "externalId": str(CONTOSO)})
    number = {"op": "eq", "field": "ticketNumber", "value": opened["reference"]}
    (ticket,) = autotask.call("Tickets/query", "POST", json={"filter": [number]}).json()["items"]
    note = {"title": "Onboarding", "description": "Started", "noteType": 1, "publish": 2}
    added = autotask.call(f"Tickets/{ticket['id']}/Notes", "POST", json=note)
    assert list(added.json()) == ["itemId"]
    listed = autotask.call(f"Tickets/{ticket['id']}/Notes").json()["items"]
    assert [item["description"] for item in listed] == ["Started"]
    assert autotask.call("Tickets", "PATCH", json={"id": ticket["id"], "status": 5}).json() == {"itemId": ticket["id"]}
    seen = psa.control("GET", f"autotask/tickets/{ticket['id']}")
    assert (seen["isClosed"], seen["notes"][0]["isInternal"]) == (True, True)


@pytest.mark.parametrize(
    ("path", "method", "body"),
    [
        ("Tickets/40001/Notes", "POST", {"title": "t", "description": "d", "noteType": 1}),
        ("Tickets/40001/Notes", "POST", {"title": "t", "description": "d", "noteType": 99, "publish": 1}),
        ("Tickets/40001/Notes", "POST", {"title": "t" * 251, "description": "d", "noteType": 1, "publish": 1}),
        ("Tickets/49999/Notes", "POST", {"title": "t", "description": "d", "noteType": 1, "publish": 1}),
        ("Tickets", "PATCH", {"status": 5}),
        ("Tickets", "PATCH", {"id": 40001, "status": 77}),
    ],
)
def test_writing_it_would_refuse_is_refused(psa: RunningPsa, path: str, method: str, body: Any):
    psa.control("POST", "autotask/tickets", {"title": "Onboard", "externalId": str(CONTOSO)})
    answer = AutotaskClient(psa).call(path, method, json=body)
    assert (answer.status_code, list(answer.json())) == (500, ["errors"])
