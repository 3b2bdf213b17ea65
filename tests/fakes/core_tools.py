"""Stands in for `func start`, which comes from Microsoft: local.settings.json as settings, then the local host.

It wants what the real one wants: a blob and a queue service, a port, and an app in the folder it is started in.
"""

import json
import os
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Becomes the local host."""
    assert sys.argv[1:3] == ["start", "--port"], sys.argv
    settings = json.loads(Path("local.settings.json").read_text())["Values"]
    assert settings["FUNCTIONS_WORKER_RUNTIME"] == "python"
    parts = dict(part.split("=", 1) for part in settings["AzureWebJobsStorage"].split(";"))
    for service in ("BlobEndpoint", "QueueEndpoint"):
        assert_azurite(parts[service])
    command = [sys.executable, "-m", "devstack.host", "--port", sys.argv[3], "--data", str(Path("../data").resolve())]
    os.execve(sys.executable, command, {**os.environ, **settings, "PYTHONPATH": str(ROOT)})


def assert_azurite(endpoint: str) -> None:
    """Unsigned requests are refused, by Azurite."""
    server = ""
    try:
        urlopen(endpoint, timeout=10)
    except HTTPError as refusal:
        server = refusal.headers["Server"]
    assert "Azurite" in server, endpoint


if __name__ == "__main__":
    main()
