"""Calls the app's HTTP functions as the Functions host would."""

import asyncio
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import azure.functions as func

from tests.app import DurableClient


@dataclass(frozen=True)
class Answered:
    """An HTTP answer with its JSON body read."""

    status: int
    body: Any
    headers: dict[str, str]


def call(
    function: Any,
    *,
    method: str = "GET",
    path: str = "/api/x",
    token: str = "",
    body: Any = b"",
    params: Mapping[str, str] | None = None,
    route: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    **bindings: Any,
) -> Answered:
    """Runs one function built by a blueprint, or its plain Python function."""
    authorization = {"authorization": f"Bearer {token}"} if token else {}
    request = func.HttpRequest(
        method,
        f"https://connect.test{path}",
        headers={**authorization, **(headers or {})},
        params=dict(params or {}),
        route_params=dict(route or {}),
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
    )
    function = function._function.get_user_function() if hasattr(function, "_function") else function
    function = inspect.unwrap(function)
    if "client" in inspect.signature(function).parameters:
        bindings = {"client": DurableClient(), **bindings}
    response = function(req=request, **bindings)
    if inspect.isawaitable(response):
        response = asyncio.run(response)  # type: ignore[arg-type]
    content = response.get_body()
    return Answered(response.status_code, json.loads(content) if content else None, dict(response.headers))
