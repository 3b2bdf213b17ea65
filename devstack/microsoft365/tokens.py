"""The simulator's signing key, and the tokens made with it."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

_KEY_ID: Final = "simulator-key-1"
TOKEN_SECONDS: Final = 3600


def _make_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@dataclass
class Signer:
    """One RSA key, a new one unless a file keeps it over restarts."""

    _key: rsa.RSAPrivateKey = field(default_factory=_make_key)

    @classmethod
    def kept_in(cls, path: Path) -> "Signer":
        """The file's key, made if it is missing: Microsoft's tokens outlive an outage of Microsoft's."""
        if not path.exists():
            form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            path.touch(mode=0o600)
            path.write_bytes(_make_key().private_bytes(serialization.Encoding.PEM, form, plain))
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{path} holds no RSA key")
        return cls(key)

    def jwks(self) -> dict[str, Any]:
        """The published key."""
        key: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [{**key, "kid": _KEY_ID, "use": "sig", "alg": "RS256"}]}

    def sign(self, claims: dict[str, Any], seconds: float = TOKEN_SECONDS) -> str:
        """A token valid from now on."""
        now = int(time.time())
        times = {"iat": now, "nbf": now, "exp": int(now + seconds), "uti": uuid4().hex}
        return jwt.encode({**times, **claims}, self._key, algorithm="RS256", headers={"kid": _KEY_ID})

    def read(self, token: str) -> dict[str, Any]:
        """The claims of a token of ours; raises jwt.InvalidTokenError."""
        options: Any = {"verify_aud": False}
        claims: dict[str, Any] = jwt.decode(token, self._key.public_key(), algorithms=["RS256"], options=options)
        return claims
