"""How the sign-in service says no."""

from uuid import uuid4

from aiohttp import web


def refuse(error: str, code: int, text: str, status: int = 400, suberror: str = "") -> web.Response:
    """The error document of the token and metadata endpoints."""
    trace = {"trace_id": str(uuid4()), "correlation_id": str(uuid4()), "timestamp": "2026-01-01 00:00:00Z"}
    return web.json_response(
        {
            "error": error,
            "error_description": f"AADSTS{code}: {text}",
            "error_codes": [code],
            **trace,
            "error_uri": f"https://login.microsoftonline.com/error?code={code}",
            **({"suberror": suberror} if suberror else {}),
        },
        status=status,
    )
