"""Serves the built portal as an Azure Static Web App would, so that one address has both the pages and the API.

GET and HEAD only, one folder only; headers and rewrites come from the portal's own `staticwebapp.config.json`.
"""

import gzip
import hashlib
import json
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web

from devstack.host.static_rules import CONFIG_NAME, StaticRules, read_rules

_COMPRESSIBLE: Final = re.compile(r"text/|application/(?:json|javascript|manifest\+json)|image/svg")
_KINDS: Final = {".js": "text/javascript", ".woff2": "font/woff2", ".webmanifest": "application/manifest+json"}
"""Those on which Pythons and machines differ."""
_SETTINGS: Final = "/config.json"
_LANDING_PAGE: Final = re.compile(r"/connect(?:/.*)?")
_NOT_BUILT: Final = """<!doctype html><html lang=en><meta charset=utf-8>
<meta name=viewport content="width=device-width, initial-scale=1"><title>OpsPilot365 Connect</title>
<h1>{title}</h1><p>{text}</p></html>"""
_UNBUILT_PAGES: Final = {
    "landing": (
        "Thank you",
        "You can close this window. Your service provider sees what happened and what comes next.",
    ),
    "start": ("The API is running", "The portal is not built yet: python3 dev.py setup builds it; then start again."),
}
_UNBUILT_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class _Content:
    """A file's bytes as they are sent."""

    body: bytes
    etag: str


class Portal:
    """The portal's build. `settings` is the file served as /config.json. Raises ValueError for rules not understood."""

    def __init__(self, directory: Path, settings: Path | None = None) -> None:
        self._directory = directory.resolve()
        self._settings = settings
        self._rules = self._read_rules()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.method not in ("GET", "HEAD"):
            return web.Response(status=405, headers={"Allow": "GET, HEAD"})
        if self._rules is None:
            return _unbuilt(request.path)
        path = self._find(request.path, self._rules)
        if path is None:
            return web.Response(status=404, headers=self._rules.headers)
        route = self._rules.route_of(request.path)
        return self._send(request, path, {**self._rules.headers, **(route.headers if route else {})})

    def _read_rules(self) -> StaticRules | None:
        path = self._directory / CONFIG_NAME
        return read_rules(path, self._origins()) if path.exists() else None

    def _origins(self) -> str:
        """Where the portal's scripts may ask: the API and the sign-in service, as its settings have them."""
        if self._settings is None:
            return ""
        document: Mapping[str, Any] = json.loads(self._settings.read_text())
        named = [str(document.get(name, "")) for name in ("api", "loginOrigin")]
        return " ".join("{0.scheme}://{0.netloc}".format(urlsplit(address)) for address in named if address)

    def _find(self, url_path: str, rules: StaticRules) -> Path | None:
        if url_path == _SETTINGS and self._settings is not None:
            return self._settings
        route = rules.route_of(url_path)
        found = self._existing(route.rewrite if route and route.rewrite else url_path)
        if found is not None or not rules.falls_back(url_path):
            return found
        return self._existing(rules.fallback)

    def _existing(self, url_path: str) -> Path | None:
        """The file of a path; /name is name.html or the index of a folder, too, as Static Web Apps have it."""
        name = url_path.strip("/")
        if "\0" in name:
            return None
        candidates = (name, f"{name}/index.html", f"{name}.html") if name else ("index.html",)
        paths = ((self._directory / candidate).resolve() for candidate in candidates)
        return next((path for path in paths if path.is_file() and self._is_ours(path)), None)

    def _is_ours(self, path: Path) -> bool:
        return path.is_relative_to(self._directory) and path.name != CONFIG_NAME

    def _send(self, request: web.Request, path: Path, headers: Mapping[str, str]) -> web.Response:
        kind = self._kind_of(path)
        is_packed = bool(_COMPRESSIBLE.match(kind)) and "gzip" in request.headers.get("Accept-Encoding", "")
        content = _read(path, path.stat().st_mtime_ns, is_packed=is_packed)
        sent = {"Cache-Control": "no-cache", "ETag": content.etag, "Vary": "Accept-Encoding", **headers}
        if content.etag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=sent)
        sent["Content-Type"] = kind
        if is_packed:
            sent["Content-Encoding"] = "gzip"
        return web.Response(body=content.body, headers=sent)

    def _kind_of(self, path: Path) -> str:
        known = {**_KINDS, **(self._rules.mime_types if self._rules else {})}
        kind = known.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return f"{kind}; charset=utf-8" if kind.startswith("text/") and "charset" not in kind else kind


@lru_cache(maxsize=256)
def _read(path: Path, changed_ns: int, *, is_packed: bool) -> _Content:
    """`changed_ns` makes a changed file another entry of the cache."""
    plain = path.read_bytes()
    digest = hashlib.sha256(plain).hexdigest()[:24]
    if not is_packed:
        return _Content(plain, f'"{digest}"')
    neighbour = path.with_name(f"{path.name}.gz")
    return _Content(neighbour.read_bytes() if neighbour.exists() else gzip.compress(plain), f'"{digest}-gzip"')


def _unbuilt(url_path: str) -> web.Response:
    """An administrator who comes back from Microsoft is never left without an answer."""
    if _LANDING_PAGE.fullmatch(url_path):
        title, text = _UNBUILT_PAGES["landing"]
    elif url_path == "/":
        title, text = _UNBUILT_PAGES["start"]
    else:
        return web.Response(status=404, headers=_UNBUILT_HEADERS)
    page = _NOT_BUILT.format(title=title, text=text)
    return web.Response(text=page, content_type="text/html", headers=_UNBUILT_HEADERS)
