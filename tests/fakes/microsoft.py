"""Microsoft behind the HTTP seam: sign-in service and Graph, answering real MSAL and our own client in process.

Routes are functions of the request; a test replaces or scripts the ones it is about. Anything not routed is a 404, so
a request nobody thought of makes the test fail.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from requests.adapters import HTTPAdapter

LOGIN = "https://login.test"
GRAPH = "https://graph.test"
CLIENT_ID = "aaaaaaaa-0000-4000-8000-00000000c11e"
AUDIENCE = "api://opspilot365-connect"
TENANT = "11111111-1111-4111-8111-111111111111"
OTHER_TENANT = "22222222-2222-4222-8222-222222222222"
MSP = "99999999-9999-4999-8999-999999999999"
OTHER_MSP = "88888888-8888-4888-8888-888888888888"
ADMIN = "00000000-0000-4000-8000-0000000000ad"
ADMIN_ROLES = f"/v1.0/users/{ADMIN}/transitiveMemberOf/microsoft.graph.directoryRole"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
ALL_ROLES = (
    "User.Read.All",
    "Group.Read.All",
    "Directory.Read.All",
    "DeviceManagementManagedDevices.Read.All",
    "SecurityEvents.Read.All",
    "Reports.Read.All",
)

_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_KEY_ID = "test-key"


@dataclass(frozen=True)
class Answer:
    """A response to come: JSON, text or bytes."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A request as a route sees it."""

    method: str
    url: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]
    content: str = ""


Route = Callable[[Asked], Answer]


class FakeMicrosoft(HTTPAdapter):
    """Mount it in an `Outbound`. `asked` keeps every request, `consented` the tenants' granted roles."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []
        self.domains = {"contoso.com": TENANT, "fabrikam.com": OTHER_TENANT}
        self.consented: dict[str, tuple[str, ...]] = {TENANT: ALL_ROLES}
        self.signing_in = TENANT
        self.id_token_claims: dict[str, Any] = {}
        self.nonce = ""
        self.admin_roles: tuple[str, ...] = (GLOBAL_ADMINISTRATOR,)
        self.graph: dict[str, Route] = {
            "/v1.0/organization": lambda asked: Answer({"value": [{"id": TENANT}]}),
            "/v1.0/directoryRoles": lambda asked: graph_page([]),
            ADMIN_ROLES: lambda asked: graph_page([{"id": role, "roleTemplateId": role} for role in self.admin_roles]),
        }
        self.elsewhere: dict[str, Route] = {}
        """Sign-in services of other clouds, by origin."""
        self.overrides: dict[str, Route] = {}
        """Routes by path that win over everything else."""
        self.below: dict[str, Route] = {}
        """Routes for all Graph paths that begin so."""

    def count(self, path: str) -> int:
        """How often a path was asked."""
        return Counter(asked.path for asked in self.asked)[path]

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        asked = _read(request)
        self.asked.append(asked)
        other = next((route for origin, route in self.elsewhere.items() if asked.url.startswith(origin + "/")), None)
        route = other or self.overrides.get(asked.path) or (self._graph if asked.url.startswith(GRAPH) else self._login)
        return _respond(request, route(asked))

    def _graph(self, asked: Asked) -> Answer:
        if not asked.headers.get("authorization", "").startswith("Bearer "):
            return Answer({"error": {"code": "InvalidAuthenticationToken", "message": "no token"}}, 401)
        route = self.graph.get(asked.path) or self._find_below(asked.path)
        return route(asked) if route else Answer({"error": {"code": "BadRequest", "message": "no such segment"}}, 404)

    def _find_below(self, path: str) -> Route | None:
        return next((route for start, route in self.below.items() if path.startswith(start)), None)

    def _login(self, asked: Asked) -> Answer:
        name, _, rest = asked.path.strip("/").partition("/")
        tenant = self.domains.get(name, name)
        if rest.endswith(".well-known/openid-configuration"):
            return self._metadata(tenant)
        if rest == "discovery/v2.0/keys":
            return Answer({"keys": [public_jwk()]})
        if rest == "oauth2/v2.0/token":
            return self._token(tenant, asked.form)
        return Answer({"error": "invalid_request"}, 404)

    def _metadata(self, tenant: str) -> Answer:
        known = {*self.domains.values(), MSP, OTHER_MSP}
        if tenant not in known:
            return Answer({"error": "invalid_tenant", "error_codes": [90002]}, 400)
        base = f"{LOGIN}/{tenant}"
        return Answer(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "tenant_region_scope": "EU",
                "cloud_instance_name": "microsoftonline.com",
            }
        )

    def _token(self, tenant: str, form: dict[str, str]) -> Answer:
        if form.get("grant_type") == "authorization_code":
            return self._signed_in()
        if tenant not in self.consented:
            return Answer({"error": "unauthorized_client", "error_codes": [700016]}, 400)
        token = app_token(tenant, self.consented[tenant])
        return Answer({"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def _signed_in(self) -> Answer:
        claims = {
            "iss": f"{LOGIN}/{self.signing_in}/v2.0",
            "aud": CLIENT_ID,
            "tid": self.signing_in,
            "oid": ADMIN,
            "sub": "admin",
            "nonce": self.nonce,
            "iat": 1_700_000_000,
            "nbf": 1_700_000_000,
            "exp": 4_000_000_000,
            **self.id_token_claims,
        }
        return Answer({"access_token": "opaque", "token_type": "Bearer", "expires_in": 3600, "id_token": sign(claims)})


def sign(claims: dict[str, Any], *, key: Any = None, kid: str = _KEY_ID, algorithm: str = "RS256") -> str:
    """A JWT signed with Microsoft's key, or another."""
    return jwt.encode(claims, key or _KEY, algorithm=algorithm, headers={"kid": kid})


def public_jwk() -> dict[str, Any]:
    """Microsoft's published key."""
    key: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(_KEY.public_key()))
    return {**key, "kid": _KEY_ID, "use": "sig"}


def app_token(tenant: str, roles: tuple[str, ...], **claims: Any) -> str:
    """An app-only Graph token."""
    return sign({"tid": tenant, "appid": CLIENT_ID, "roles": list(roles), "exp": 4_000_000_000, **claims})


def portal_token(*roles: str, msp: str = MSP, **claims: Any) -> str:
    """A token of the portal's API."""
    standard = {"iss": f"{LOGIN}/{msp}/v2.0", "tid": msp, "aud": AUDIENCE, "oid": "technician", "roles": list(roles)}
    return sign({**standard, "nbf": 1_700_000_000, "exp": 4_000_000_000, **claims})


def graph_page(objects: list[Any], next_link: str | None = None, **more: Any) -> Answer:
    """A page of a Graph listing."""
    body = {"value": objects, **more}
    return Answer({**body, "@odata.nextLink": next_link} if next_link else body)


def graph_error(status: int, code: str, message: str = "", **headers: str) -> Answer:
    """Graph's error document; header names with `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer({"error": {"code": code, "message": message}}, status, named)


def _read(request: requests.PreparedRequest) -> Asked:
    parts = urlsplit(request.url or "")
    body = request.body.decode() if isinstance(request.body, bytes) else str(request.body or "")
    return Asked(
        request.method or "",
        request.url or "",
        parts.path,
        {name: values[0] for name, values in parse_qs(parts.query).items()},
        {name.lower(): value for name, value in request.headers.items()},
        {name: values[0] for name, values in parse_qs(body).items()},
        body,
    )


def _respond(request: requests.PreparedRequest, answer: Answer) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response.url, response.request = request.url or "", request
    content = answer.body if isinstance(answer.body, bytes | str) else json.dumps(answer.body)
    response.raw = BytesIO(content.encode() if isinstance(content, str) else content)
    response.headers.update(answer.headers)
    return response
