"""One request to Graph, and the pages behind it."""

import pytest

from tenantsync.errors import (
    ConsentError,
    ContractError,
    CursorExpiredError,
    PermissionMissingError,
    TransientError,
)
from tenantsync.graph.client import TenantGraph
from tenantsync.graph.paging import read_pages
from tenantsync.services import Services
from tests.fakes.microsoft import GRAPH, TENANT, Answer, FakeMicrosoft, graph_error, graph_page

USERS = "/v1.0/users"
TOKEN = f"/{TENANT}/oauth2/v2.0/token"


@pytest.fixture
def graph(services: Services) -> TenantGraph:
    return services.graph_for(TENANT)


def test_request_carries_token_id_and_asked_headers(services: Services, microsoft: FakeMicrosoft):
    microsoft.graph["/v1.0/users/$count"] = lambda asked: Answer("\ufeff42")
    assert services.graph_for(TENANT).fetch_count("/users/$count") == 42
    asked = microsoft.asked[-1]
    assert asked.headers["consistencylevel"] == "eventual"
    assert asked.headers["authorization"].startswith("Bearer ")
    assert len(asked.headers["client-request-id"]) == 36


def test_stale_token_is_renewed_once(services: Services, microsoft: FakeMicrosoft):
    answers = [graph_error(401, "InvalidAuthenticationToken"), graph_page([])]
    microsoft.overrides[USERS] = lambda asked: answers.pop(0)
    services.graph_for(TENANT).fetch_json("/users")
    assert microsoft.count(TOKEN) == 2


def test_token_that_stays_refused_is_lost_consent(services: Services, microsoft: FakeMicrosoft):
    microsoft.overrides[USERS] = lambda asked: graph_error(401, "InvalidAuthenticationToken")
    with pytest.raises(ConsentError, match="consent_lost"):
        services.graph_for(TENANT).fetch_json("/users")
    assert microsoft.count(USERS) == 2


def test_token_is_cached_between_requests(services: Services, microsoft: FakeMicrosoft):
    microsoft.overrides[USERS] = lambda asked: graph_page([])
    for _ in range(5):
        services.graph_for(TENANT).fetch_json("/users")
    assert microsoft.count(TOKEN) == 1


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (Answer("{"), TransientError),
        (Answer('{"value": ' + "[" * 5000), TransientError),
        (Answer("[]"), ContractError),
        (Answer({"error": {"code": "UnknownError"}}), TransientError),
        (Answer(b"", 302, {"Location": "https://evil.test"}), TransientError),
    ],
)
def test_answer_that_is_no_object_is_told_apart(
    services: Services, microsoft: FakeMicrosoft, answer: Answer, failure: type[Exception]
):
    microsoft.overrides[USERS] = lambda asked: answer
    with pytest.raises(failure):
        services.graph_for(TENANT).fetch_json("/users")


def test_text_that_was_cut_within_an_emoji_costs_one_character(services: Services, microsoft: FakeMicrosoft):
    microsoft.overrides[USERS] = lambda asked: Answer(
        rb'{"value": [{"id": "1", "jobTitle": "\ud83d\ude00 \u00fc \ud83d"}]}'
    )
    page = services.graph_for(TENANT).fetch_json("/users")
    assert page["value"] == [{"id": "1", "jobTitle": "\U0001f600 ü \ufffd"}]


@pytest.mark.parametrize("link", ["https://evil.test/v1.0/users", "http://graph.test/x", "https://graph.test:444/x"])
def test_page_link_to_a_foreign_host_never_sees_the_token(services: Services, microsoft: FakeMicrosoft, link: str):
    microsoft.overrides[USERS] = lambda asked: graph_page([], link)
    with pytest.raises(ContractError, match="foreign host"):
        list(read_pages(services.graph_for(TENANT), "/users"))
    assert all(asked.url.startswith((GRAPH, "https://login.test")) for asked in microsoft.asked)


def test_page_links_are_followed_as_they_are(services: Services, microsoft: FakeMicrosoft):
    link = f"{GRAPH}{USERS}?$skiptoken=a%2Bb~c&x=1,2"
    pages = [graph_page([{"id": "1"}], link), graph_page([{"id": "2"}])]
    microsoft.overrides[USERS] = lambda asked: pages.pop(0)
    found = list(read_pages(services.graph_for(TENANT), "/users"))
    assert [len(page.objects) for page in found] == [1, 1]
    assert microsoft.asked[-1].url == link


@pytest.mark.parametrize("cycle", [1, 3])
def test_links_that_go_round_in_circles_are_noticed(services: Services, microsoft: FakeMicrosoft, cycle: int):
    def route(asked: object) -> Answer:
        number = microsoft.count(USERS) % cycle
        return graph_page([{"id": str(number)}], f"{GRAPH}{USERS}?$skiptoken={number}")

    microsoft.overrides[USERS] = route
    with pytest.raises(CursorExpiredError):
        list(read_pages(services.graph_for(TENANT), "/users"))
    assert microsoft.count(USERS) <= cycle + 2


def test_listing_without_value_is_refused(services: Services, microsoft: FakeMicrosoft):
    microsoft.overrides[USERS] = lambda asked: Answer({"id": "x"})
    with pytest.raises(ContractError):
        list(read_pages(services.graph_for(TENANT), "/users"))


def test_tokens_of_two_tenants_never_mix(services: Services, microsoft: FakeMicrosoft):
    other = "22222222-2222-4222-8222-222222222222"
    microsoft.consented[other] = ("User.Read.All",)
    first, second = services.tokens.fetch_app_token(TENANT), services.tokens.fetch_app_token(other)
    assert first.value != second.value
    assert second.roles == {"User.Read.All"}
    assert services.tokens.fetch_app_token(TENANT).value == first.value


def test_change_is_sent_with_its_body_and_version(graph: TenantGraph, microsoft: FakeMicrosoft):
    microsoft.graph["/v1.0/things/1"] = lambda asked: Answer({"id": "1"})
    assert graph.send_json("PATCH", "/things/1", {"name": "new"}, etag='W/"7"') == {"id": "1"}
    asked = microsoft.asked[-1]
    assert (asked.method, asked.content, asked.headers["if-match"]) == ("PATCH", '{"name":"new"}', 'W/"7"')
    assert asked.headers["content-type"] == "application/json"


def test_change_without_an_answer_gives_an_empty_object(graph: TenantGraph, microsoft: FakeMicrosoft):
    microsoft.graph["/v1.0/things/1"] = lambda asked: Answer(b"", 204)
    assert graph.send_json("DELETE", "/things/1") == {}
    assert "if-match" not in microsoft.asked[-1].headers


@pytest.mark.parametrize(
    ("status", "kind"), [(412, ContractError), (403, PermissionMissingError), (503, TransientError)]
)
def test_refused_change_is_a_failure_and_is_not_sent_again(
    graph: TenantGraph, microsoft: FakeMicrosoft, status: int, kind: type[Exception]
):
    microsoft.graph["/v1.0/things"] = lambda asked: graph_error(status, "refused")
    with pytest.raises(kind):
        graph.send_json("POST", "/things", {})
    assert microsoft.count("/v1.0/things") == 1


def test_change_goes_to_graphs_host_only(graph: TenantGraph):
    with pytest.raises(ContractError):
        graph.send_json("POST", "https://elsewhere.test/things", {})
