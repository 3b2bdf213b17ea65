"""ASP.NET route templates: `{x}`, `{x?}`, `{x:int}`, `{*rest}`; matching ignores case, values keep theirs."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from devstack.host.indexing import AppFunction

_PARAMETER: Final = re.compile(r"\{(?P<all>\*{0,2})(?P<name>\w+)(?::(?P<kind>\w+))?(?P<optional>\?)?\}")
_CONSTRAINTS: Final = {
    "int": r"-?\d+",
    "long": r"-?\d+",
    "guid": r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}",
    "bool": r"true|false",
    "alpha": r"[a-z]+",
}


@dataclass(frozen=True, slots=True)
class Match:
    """A function and its route values."""

    function: AppFunction
    values: dict[str, str]


class NoRouteError(Exception):
    """No function has this path."""


class MethodNotAllowedError(Exception):
    """The path exists, for other methods."""

    def __init__(self, allowed: Iterable[str]) -> None:
        super().__init__()
        self.allowed = sorted(allowed)


class Routes:
    """The app's HTTP functions by path and method; literal segments win over parameters."""

    def __init__(self, functions: Iterable[AppFunction], prefix: str) -> None:
        self._routes: list[tuple[tuple[int, ...], re.Pattern[str], frozenset[str], AppFunction]] = []
        for function in functions:
            template = "/".join(filter(None, (prefix.strip("/"), route_of(function))))
            self._routes.append((_rank(template), compile_template(template), methods_of(function), function))
        self._routes.sort(key=lambda route: route[0])

    def match(self, method: str, path: str) -> Match:
        """The function for a request; raises NoRouteError or MethodNotAllowedError."""
        allowed: set[str] = set()
        for _, pattern, methods, function in self._routes:
            found = pattern.fullmatch(path.strip("/"))
            if found is None:
                continue
            if not methods or method.upper() in methods:
                return Match(function, {key: unquote(value) for key, value in found.groupdict().items() if value})
            allowed |= methods
        if allowed:
            raise MethodNotAllowedError(allowed)
        raise NoRouteError


def route_of(function: AppFunction) -> str:
    """The template below the prefix; a function without one answers under its name."""
    return str(function.trigger.get("route") or function.name).strip("/")


def methods_of(function: AppFunction) -> frozenset[str]:
    """Upper-case methods; empty means any."""
    methods: Any = function.trigger.get("methods") or ()
    return frozenset(str(getattr(method, "value", method)).upper() for method in methods)


def compile_template(template: str) -> re.Pattern[str]:
    """A pattern for the path without its outer slashes."""
    pattern = ""
    for number, segment in enumerate(template.split("/")):
        part = _segment(segment)
        separator = "/" if number else ""
        is_optional = "?}" in segment or "{*" in segment
        pattern += f"(?:{separator}{part})?" if is_optional else f"{separator}{part}"
    return re.compile(pattern, re.IGNORECASE)


def _segment(segment: str) -> str:
    pattern, position = "", 0
    for parameter in _PARAMETER.finditer(segment):
        pattern += re.escape(segment[position : parameter.start()])
        value = ".+" if parameter["all"] else _CONSTRAINTS.get(parameter["kind"] or "", "[^/]+")
        pattern += f"(?P<{parameter['name']}>{value})"
        position = parameter.end()
    return pattern + re.escape(segment[position:])


def _rank(template: str) -> tuple[int, ...]:
    ranks = {True: 0, False: 1}
    return tuple(3 if "{*" in part else ranks["{" not in part] for part in template.split("/"))
