"""What the simulator gets wrong on purpose, as Graph gets it wrong, and a tenant that changes while it is listed."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest

from devstack.microsoft365 import faults
from devstack.microsoft365.scenario import Fault
from devstack.microsoft365.tokens import Signer
from devstack.microsoft365.world import World
from tests.unit.microsoft365.test_simulator import GRAPH, TENANT, Client, authorized, play, tenant, walk

USERS = "/v1.0/users?$top=50&$select=id"
REPORT = "/v1.0/reports/getMailboxUsageDetail(period='D7')"


def on_second_page(kind: str) -> Fault:
    return Fault(path="/v1.0/users", kind=kind, every_nth=2)


async def page(world: World, client: Client, path: str) -> tuple[int, dict[str, Any]]:
    answer = await client.get(path[path.index("/v1.0") :], headers=authorized(world))
    return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("kind", "code"),
    [("expired_page", "Directory_ExpiredPageToken"), ("unknown_page", "DirectoryPageTokenNotFoundException")],
)
def test_lost_page_is_refused_with_graphs_code_and_only_pages_are(kind: str, code: str):
    async def scenario(world: World, client: Client) -> None:
        _, first = await page(world, client, USERS)
        status, refusal = await page(world, client, first["@odata.nextLink"])
        assert (status, refusal["error"]["code"]) == (400, code)

    play(tenant(faults=(on_second_page(kind),)), scenario)


def test_loop_leads_over_two_pages_back_to_the_first():
    async def scenario(world: World, client: Client) -> None:
        _, first = await page(world, client, USERS)
        _, second = await page(world, client, first["@odata.nextLink"])
        _, third = await page(world, client, second["@odata.nextLink"])
        assert third["value"] == first["value"] != second["value"]
        assert third["@odata.nextLink"] == first["@odata.nextLink"]

    play(tenant(faults=(on_second_page("loop"),)), scenario)


def test_objects_of_an_earlier_page_come_again_as_they_were():
    async def scenario(world: World, client: Client) -> None:
        await page(
            world, client, "/v1.0/users?$top=50&$select=displayName"
        )  # another listing's objects are not its own
        objects, _ = await walk(world, client, USERS)
        assert len(objects) == 205
        assert len({item["id"] for item in objects}) == 200

    play(tenant(faults=(Fault(path="/v1.0/users", kind="repeat_objects", every_nth=3),)), scenario)


def test_answer_that_hangs_does_not_come_in_the_clients_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(faults, "_HANGING_SECONDS", 0.2)

    async def scenario(world: World, client: Client) -> None:
        with pytest.raises(aiohttp.ClientError):
            await client.get(USERS, headers=authorized(world), timeout=aiohttp.ClientTimeout(total=30))
        assert (await page(world, client, USERS))[0] == 200

    play(tenant(faults=(Fault(path="/v1.0/users", kind="hang"),)), scenario)


def test_held_path_answers_when_it_is_let_go_and_the_others_meanwhile():
    async def scenario(world: World, client: Client) -> None:
        asking = asyncio.create_task(page(world, client, USERS))
        assert (await page(world, client, "/v1.0/groups?$select=id"))[0] == 200
        assert not asking.done()
        await client.put(f"/_simulator/tenants/{TENANT}", json={"heldPaths": []})
        status, body = await asking
        assert (status, len(body["value"])) == (200, 50)

    play(tenant(held_paths=("/v1.0/users",)), scenario)


def test_faults_that_have_happened_happen_again_only_when_they_are_given_anew():
    throttle = {"path": "/v1.0/users", "kind": "throttle"}

    async def scenario(world: World, client: Client) -> None:
        seen = []
        for change in ({"faults": [throttle]}, {"heldPaths": []}, {"users": 300}, {"faults": [throttle]}):
            await client.put(f"/_simulator/tenants/{TENANT}", json=change)
            seen.append((await page(world, client, USERS))[0])
        assert seen == [429, 200, 200, 429]

    play(tenant(), scenario)


def test_report_is_cut_off_once():
    async def download(client: Client, world: World) -> bytes:
        answer = await client.get(REPORT, headers=authorized(world), allow_redirects=False)
        return await (await client.get(answer.headers["Location"].removeprefix(GRAPH))).read()

    async def scenario(world: World, client: Client) -> None:
        with pytest.raises(aiohttp.ClientPayloadError):
            await download(client, world)
        assert (await download(client, world)).startswith(b"\xef\xbb\xbfReport")

    play(tenant(faults=(Fault(path=REPORT, kind="truncate"),)), scenario)


@pytest.mark.parametrize("users", [400, 1500])
@pytest.mark.parametrize("path", ["/v1.0/users/delta?$select=id", "/v1.0/groups/delta?$select=id,members"])
def test_changes_go_on_from_the_beginning_of_a_listing(path: str, users: int):
    """A tenant that changes between two pages: the link at the end tells of it, whatever the pages have shown."""

    async def scenario(world: World, client: Client) -> None:
        state = world.tenants[TENANT]
        _, body = await page(world, client, path)
        state.spec = replace(state.spec, users=users)
        while "@odata.nextLink" in body:
            _, body = await page(world, client, body["@odata.nextLink"])
        changed: list[dict[str, Any]] = []
        link = body["@odata.deltaLink"]
        state.spec = replace(state.spec, users=users + 1)
        while link:
            _, body = await page(world, client, link)
            changed += body["value"]
            link = body.get("@odata.nextLink", "")
        gone = sum("@removed" in item for item in changed)
        assert (gone > 0, len(changed) > 0) == (users < 1000, True)
        assert (await page(world, client, body["@odata.deltaLink"]))[1]["value"] == []

    play(tenant(users=1000), scenario)


def test_tokens_outlive_a_restart_of_the_simulator(tmp_path: Path):
    token = Signer.kept_in(tmp_path / "key.pem").sign({"tid": TENANT})
    assert Signer.kept_in(tmp_path / "key.pem").read(token)["tid"] == TENANT
    with pytest.raises(jwt.InvalidTokenError):
        Signer.kept_in(tmp_path / "another.pem").read(token)
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
