"""`staticwebapp.config.json`: the part of it that the portal uses. What is not understood is refused, never ignored."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

CONFIG_NAME: Final = "staticwebapp.config.json"
_KEYS: Final = frozenset({"$schema", "routes", "navigationFallback", "globalHeaders", "mimeTypes"})
_ROUTE_KEYS: Final = frozenset({"route", "rewrite", "headers"})
_FALLBACK_KEYS: Final = frozenset({"rewrite", "exclude"})
_ORIGINS: Final = "{connect-src}"


@dataclass(frozen=True, slots=True)
class Route:
    """One rule; `rewrite` is empty when only headers are added."""

    pattern: re.Pattern[str]
    rewrite: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StaticRules:
    """All of the file; `headers` go with every answer, the first route that matches is the only one."""

    routes: tuple[Route, ...]
    fallback: str
    excluded: tuple[re.Pattern[str], ...]
    headers: Mapping[str, str]
    mime_types: Mapping[str, str]

    def route_of(self, url_path: str) -> Route | None:
        return next((route for route in self.routes if route.pattern.fullmatch(url_path)), None)

    def falls_back(self, url_path: str) -> bool:
        """Whether a path without a file is one of the portal's own pages."""
        return bool(self.fallback) and not any(pattern.fullmatch(url_path) for pattern in self.excluded)


def read_rules(path: Path, origins: str) -> StaticRules:
    """`origins` take the place of `{connect-src}` in headers. Raises ValueError that names what is not understood."""
    document: dict[str, Any] = json.loads(path.read_text())
    fallback = document.get("navigationFallback", {})
    _refuse_unknown("", document, _KEYS)
    _refuse_unknown("navigationFallback.", fallback, _FALLBACK_KEYS)
    return StaticRules(
        routes=tuple(_read_route(route, origins) for route in document.get("routes", ())),
        fallback=fallback.get("rewrite", ""),
        excluded=tuple(_pattern_of(text) for text in fallback.get("exclude", ())),
        headers=_filled(document.get("globalHeaders", {}), origins),
        mime_types=document.get("mimeTypes", {}),
    )


def _read_route(document: Mapping[str, Any], origins: str) -> Route:
    _refuse_unknown("routes.", document, _ROUTE_KEYS)
    headers = _filled(document.get("headers", {}), origins)
    return Route(_pattern_of(document["route"]), document.get("rewrite", ""), headers)


def _pattern_of(text: str) -> re.Pattern[str]:
    """A star stands for anything, at the end or before one of the endings in braces."""
    stem, star, endings = text.partition("*")
    if not star:
        return re.compile(re.escape(text))
    names = re.fullmatch(r"\.\{([\w,]+)\}|\.(\w+)|", endings)
    if names is None:
        raise ValueError(f"{CONFIG_NAME}: the pattern {text!r} is not one a Static Web App knows")
    allowed = (names[1] or names[2] or "").split(",")
    return re.compile(f"{re.escape(stem)}.*" + (rf"\.(?:{'|'.join(allowed)})" if endings else ""))


def _filled(headers: Mapping[str, str], origins: str) -> dict[str, str]:
    return {name: value.replace(_ORIGINS, origins) for name, value in headers.items()}


def _refuse_unknown(where: str, document: Mapping[str, Any], known: frozenset[str]) -> None:
    if unknown := sorted(set(document) - known):
        raise ValueError(f"{CONFIG_NAME}: {where}{unknown[0]} is not understood here")
