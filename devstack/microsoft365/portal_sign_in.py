"""How a technician signs in to the portal: authorization code with PKCE, sessions, signing out."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode
from uuid import uuid4

from aiohttp import web

from devstack.microsoft365.pages import error_page, pick_account_page, told_page
from devstack.microsoft365.technicians import CODE_SECONDS, PortalCode, Technician, unknown_scopes
from devstack.microsoft365.world import World

_SESSION: Final = "simulator_technician"
_PROMPTS: Final = frozenset({"", "login", "none", "select_account", "consent", "create"})
_ASKS_AGAIN: Final = frozenset({"login", "select_account", "create"})
_SEPARATORS: Final = {"fragment": "#", "query": "?"}


class PortalSignIn:
    """Handlers for the portal's registration; the customers' administrators go through `Login`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._technicians = world.technicians

    def is_asked(self, request: web.Request) -> bool:
        """Whether this is the portal's request."""
        portal = self._world.scenario.portal
        return portal is not None and request.query.get("client_id") == portal.client_id

    async def ask(self, request: web.Request) -> web.Response:
        """Straight back for somebody who is signed in, else the accounts to pick from."""
        complaint = self._check_return(request) or self._check_request(request)
        if complaint:
            return complaint
        prompt, known = request.query.get("prompt", ""), self._known(request)
        if known and prompt not in _ASKS_AGAIN:
            return self._signed_in(request, known)
        if prompt == "none":
            return _refuse(
                request, "login_required", 50058, "A silent sign-in request was sent but no user is signed in."
            )
        hint = request.query.get("login_hint", "") or (known.spec.username if known else "")
        return pick_account_page(self._world.scenario.app.display_name, self._accounts(request), hint)

    async def answer(self, request: web.Request) -> web.Response:
        """The person has picked an account, or has cancelled."""
        complaint = self._check_return(request) or self._check_request(request)
        if complaint:
            return complaint
        form = await request.post()
        if form.get("action") == "cancel":
            return _refuse(request, "access_denied", 65004, "User declined to consent to access the app.", "cancel")
        technician = self._technicians.find(str(form.get("account", "")))
        if technician is None or not technician.belongs_to(request.match_info["tenant"]):
            return error_page("AADSTS50020", "The account does not exist in this tenant.")
        response = self._signed_in(request, technician)
        session = self._technicians.open_session(technician)
        response.set_cookie(_SESSION, session, httponly=True, samesite="Lax", secure=True)
        return response

    async def log_out(self, request: web.Request) -> web.Response:
        """Ends the session; back to the portal if the address is a registered one."""
        self._technicians.sessions.pop(request.cookies.get(_SESSION, ""), None)
        portal, address = self._world.scenario.portal, request.query.get("post_logout_redirect_uri", "")
        if portal is None or address not in portal.redirect_uris:
            response = told_page("You signed out", "It is a good idea to close all browser windows.")
        else:
            state = {"state": request.query["state"]} if "state" in request.query else {}
            response = web.Response(status=302, headers={"Location": f"{address}?{urlencode(state)}".rstrip("?")})
        response.del_cookie(_SESSION)
        return response

    def _known(self, request: web.Request) -> Technician | None:
        """Who is signed in, unless the request means somebody else."""
        technician = self._technicians.sessions.get(request.cookies.get(_SESSION, ""))
        hint = request.query.get("login_hint", "").lower()
        if technician is None or not technician.belongs_to(request.match_info["tenant"]):
            return None
        return technician if hint in ("", technician.spec.username.lower()) else None

    def _accounts(self, request: web.Request) -> list[Technician]:
        domain = request.query.get("domain_hint", "").lower()
        accounts = self._technicians.at(request.match_info["tenant"])
        return [one for one in accounts if one.msp.domain == domain] or accounts

    def _check_return(self, request: web.Request) -> web.Response | None:
        """What cannot be told to the portal, as nobody knows whether the address is its own."""
        portal, tenant = self._world.scenario.portal, request.match_info["tenant"]
        if not self._technicians.at(tenant):
            return error_page("AADSTS90002", f"Tenant '{tenant}' not found.")
        if portal is None or request.query.get("redirect_uri") not in portal.redirect_uris:
            return error_page("AADSTS50011", "The redirect URI does not match the ones configured for the application.")
        if request.query.get("response_mode", "fragment") not in _SEPARATORS:
            return error_page("AADSTS70007", "The value is not a supported value of 'response_mode'.")
        return None

    def _check_request(self, request: web.Request) -> web.Response | None:
        query = request.query
        if query.get("response_type") != "code":
            return _refuse(request, "unsupported_response_type", 700054, "The response_type is not enabled.")
        if query.get("code_challenge_method") != "S256" or not query.get("code_challenge"):
            text = "Proof Key for Code Exchange is required for cross-origin authorization code redemption."
            return _refuse(request, "invalid_request", 9002325, text)
        if query.get("prompt", "") not in _PROMPTS:
            return _refuse(request, "invalid_request", 90023, "Unsupported 'prompt' value.")
        return self._check_scope(request)

    def _check_scope(self, request: web.Request) -> web.Response | None:
        asked = request.query.get("scope", "")
        if not asked.strip():
            text = "The request body must contain the following parameter: 'scope'."
            return _refuse(request, "invalid_request", 900144, text)
        if unknown := unknown_scopes(asked, self._world.portal_scope):
            return _refuse(
                request, "invalid_client", 650053, f"The scope '{unknown[0]}' doesn't exist on the resource."
            )
        return None

    def _signed_in(self, request: web.Request, technician: Technician) -> web.Response:
        query = request.query
        code = self._technicians.issue_code(
            PortalCode(
                technician,
                nonce=query.get("nonce", ""),
                challenge=query["code_challenge"],
                redirect_uri=query["redirect_uri"],
                scope=query["scope"],
                expires_at=self._world.clock() + CODE_SECONDS,
            )
        )
        named = {"client_info": technician.client_info} if query.get("client_info") == "1" else {}
        return _return(request, {"code": code, **named, "session_state": str(uuid4())})


def _refuse(request: web.Request, error: str, code: int, text: str, subcode: str = "") -> web.Response:
    told = {"error": error, **({"error_subcode": subcode} if subcode else {})}
    uri = f"https://login.microsoftonline.com/error?code={code}"
    return _return(request, {**told, "error_description": f"AADSTS{code}: {text}", "error_uri": uri})


def _return(request: web.Request, values: Mapping[str, str]) -> web.Response:
    query = request.query
    state = {"state": query["state"]} if "state" in query else {}
    separator = _SEPARATORS[query.get("response_mode", "query")]
    address = f"{query['redirect_uri']}{separator}{urlencode({**values, **state})}"
    return web.Response(status=302, headers={"Location": address, "Cache-Control": "no-store"})
