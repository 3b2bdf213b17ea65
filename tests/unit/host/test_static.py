"""The portal is served as an Azure Static Web App would serve it, headers included."""

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from devstack.host.static import Portal

RULES: dict[str, Any] = {
    "routes": [
        {"route": "/connect/*", "rewrite": "/connect.html"},
        {"route": "/fonts/*", "headers": {"Cache-Control": "public, max-age=60"}},
    ],
    "navigationFallback": {"rewrite": "/index.html", "exclude": ["/assets/*", "*.{js,css}", "/*.json"]},
    "globalHeaders": {"Content-Security-Policy": "connect-src 'self' {connect-src}", "X-Frame-Options": "DENY"},
    "mimeTypes": {".webmanifest": "application/manifest+json"},
}
FILES = {
    "index.html": "<h1>start</h1>",
    "connect.html": "<h1>landing</h1>",
    "help/index.html": "<h1>manual</h1>",
    "app-AB12CD34.js": "console.log(1)",
    "lower-ab12cd34.js": "console.log(2)",
    "site.webmanifest": "{}",
    "fonts/a.woff2": "font",
}
SETTINGS = {"api": "https://api.sim/base", "loginOrigin": "https://localhost:1234", "scope": "s"}
Ask = Callable[..., Awaitable[ClientResponse]]


def build(folder: Path, rules: dict[str, Any] = RULES) -> Path:
    dist = folder / "dist"
    for name, content in {**FILES, "staticwebapp.config.json": json.dumps(rules)}.items():
        (dist / name).parent.mkdir(parents=True, exist_ok=True)
        (dist / name).write_text(content)
    (folder / "secret.txt").write_text("not the portal's")
    return dist


def play(portal: Portal, scenario: Callable[[Ask], Awaitable[None]]) -> None:
    application = web.Application()
    application.add_routes([web.route("*", "/{rest:.*}", portal.handle)])

    async def run() -> None:
        async with TestClient(TestServer(application), auto_decompress=False) as client:

            async def ask(path: str, method: str = "GET", **headers: str) -> ClientResponse:
                given = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.request(method, URL(path, encoded=True), headers={"Accept-Encoding": "", **given})

            await scenario(ask)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("path", "status", "content"),
    [
        ("/", 200, "start"),
        ("/index.html", 200, "start"),
        ("/tenants/any-id", 200, "start"),
        ("/connect", 200, "landing"),
        ("/connect/any-id?result=verifying", 200, "landing"),
        ("/connect/", 200, "landing"),
        ("/connected", 200, "start"),
        ("/help", 200, "manual"),
        ("/help/", 200, "manual"),
        ("/assets/missing.png", 404, ""),
        ("/deep/missing-AB12CD34.js", 404, ""),
        ("/missing.json", 404, ""),
        ("/staticwebapp.config.json", 404, ""),
        ("/%2e%2e/secret.txt", 200, "start"),
        ("/..%2fsecret.txt", 200, "start"),
        ("/a%00b", 200, "start"),
    ],
)
def test_path_leads_where_a_static_web_app_leads(tmp_path: Path, path: str, status: int, content: str):
    async def scenario(ask: Ask) -> None:
        answer = await ask(path)
        text = await answer.text()
        assert (answer.status, content in text, "not the portal's" in text) == (status, True, False)
        assert answer.headers["X-Frame-Options"] == "DENY"

    play(Portal(build(tmp_path)), scenario)


def test_headers_name_the_origins_of_this_deployment(tmp_path: Path):
    settings = tmp_path / "config.json"
    settings.write_text(json.dumps(SETTINGS))

    async def scenario(ask: Ask) -> None:
        answer = await ask("/config.json")
        assert json.loads(await answer.text()) == SETTINGS
        assert answer.headers["Cache-Control"] == "no-cache"
        policy = answer.headers["Content-Security-Policy"]
        assert policy == "connect-src 'self' https://api.sim https://localhost:1234"

    play(Portal(build(tmp_path), settings), scenario)


def test_settings_are_not_made_up_where_there_are_none(tmp_path: Path):
    async def scenario(ask: Ask) -> None:
        assert (await ask("/config.json")).status == 404

    play(Portal(build(tmp_path)), scenario)


@pytest.mark.parametrize(
    ("path", "caching"),
    [
        ("/app-AB12CD34.js", "no-cache"),
        ("/", "no-cache"),
        ("/fonts/a.woff2", "public, max-age=60"),
    ],
)
def test_a_browser_asks_again_unless_the_rules_say_otherwise(tmp_path: Path, path: str, caching: str):
    async def scenario(ask: Ask) -> None:
        assert (await ask(path)).headers["Cache-Control"] == caching

    play(Portal(build(tmp_path)), scenario)


def test_what_has_not_changed_is_not_sent_again(tmp_path: Path):
    dist = build(tmp_path)

    async def scenario(ask: Ask) -> None:
        etag = (await ask("/")).headers["ETag"]
        again = await ask("/", If_None_Match=etag)
        assert (again.status, await again.read(), again.headers["ETag"]) == (304, b"", etag)
        (dist / "index.html").write_text("<h1>another start</h1>")
        changed = await ask("/", If_None_Match=etag)
        assert (changed.status, "another start" in await changed.text()) == (200, True)

    play(Portal(dist), scenario)


def test_text_is_compressed_for_those_who_can_read_it(tmp_path: Path):
    dist = build(tmp_path)
    (dist / "lower-ab12cd34.js.gz").write_bytes(gzip.compress(b"made by the build"))

    async def scenario(ask: Ask) -> None:
        plain, packed = await ask("/"), await ask("/", Accept_Encoding="gzip, br")
        assert gzip.decompress(await packed.read()) == await plain.read()
        assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "Accept-Encoding")
        assert packed.headers["ETag"] != plain.headers["ETag"]
        neighbour = await ask("/lower-ab12cd34.js", Accept_Encoding="gzip")
        assert gzip.decompress(await neighbour.read()) == b"made by the build"
        assert "Content-Encoding" not in (await ask("/fonts/a.woff2", Accept_Encoding="gzip")).headers

    play(Portal(dist), scenario)


def test_kinds_are_those_of_the_file(tmp_path: Path):
    async def scenario(ask: Ask) -> None:
        kinds = [(await ask(path)).headers["Content-Type"] for path in ("/", "/app-AB12CD34.js", "/site.webmanifest")]
        assert kinds == ["text/html; charset=utf-8", "text/javascript; charset=utf-8", "application/manifest+json"]

    play(Portal(build(tmp_path)), scenario)


def test_files_are_read_and_nothing_else(tmp_path: Path):
    async def scenario(ask: Ask) -> None:
        answer = await ask("/", "POST")
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
        head = await ask("/", "HEAD")
        assert (head.status, await head.read()) == (200, b"")

    play(Portal(build(tmp_path)), scenario)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"responseOverrides": {}}, "responseOverrides"),
        ({"routes": [{"route": "/a", "allowedRoles": ["x"]}]}, "routes.allowedRoles"),
        ({"navigationFallback": {"rewrite": "/index.html", "include": []}}, "navigationFallback.include"),
        ({"routes": [{"route": "/*/a", "rewrite": "/b"}]}, "pattern '/\\*/a'"),
    ],
)
def test_rules_that_are_not_understood_are_refused(tmp_path: Path, rules: dict[str, Any], said: str):
    with pytest.raises(ValueError, match=said):
        Portal(build(tmp_path, rules))


def test_administrator_is_answered_although_nothing_was_built(tmp_path: Path):
    async def scenario(ask: Ask) -> None:
        for path in ("/connect", "/connect/any-id?result=verifying"):
            answer = await ask(path)
            assert (answer.status, "You can close this window" in await answer.text()) == (200, True)
        assert "dev.py setup" in await (await ask("/")).text()
        assert (await ask("/anything")).status == 404

    play(Portal(tmp_path / "dist"), scenario)
