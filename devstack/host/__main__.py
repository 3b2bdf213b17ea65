"""`python -m devstack.host --port P --data DIR`: storage and host only, all settings from the environment."""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from devstack.claims import BusyError, exclusive, port_number
from devstack.host.indexing import IndexingError
from devstack.host.log import set_up_logging
from devstack.host.server import HostOptions, read_secret, run_host
from devstack.host.telemetry import exporting
from devstack.storage import StorageError, start_storage, stop_storage

_BUSY: Final = 3
_BROKEN_APP: Final = 4


def main() -> int:
    """0 after a stop, 3 when the port, the directory or the storage is not to be had, 4 for an app that cannot run."""
    parser = argparse.ArgumentParser(prog="dev.py host", description=__doc__)
    parser.add_argument("--port", type=port_number, default=7071)
    parser.add_argument("--data", type=Path, default=Path(".devstack/data"))
    arguments = parser.parse_args()
    for ending in (signal.SIGINT, signal.SIGTERM):  # until the server listens to them: nothing may be left running
        signal.signal(ending, _interrupt)
    set_up_logging()
    data: Path = arguments.data.resolve()
    options = HostOptions(Path.cwd(), arguments.port, data / "host")
    try:
        telemetry = os.environ.get("DEVSTACK_TELEMETRY")
        with (
            exclusive(data / "host"),
            storage_settings(data / "azurite"),
            exporting(Path(telemetry) if telemetry else None),
        ):
            os.environ.setdefault("WEBHOOK_SIGNING_KEY", read_secret(data / "host/webhook-signing-key"))
            os.environ.setdefault("STATE_SIGNING_KEY", read_secret(data / "host/state-signing-key"))
            asyncio.run(run_host(options, lambda url: print(f"ready {url}", flush=True)))
    except (BusyError, StorageError) as error:
        print(error, file=sys.stderr)
        return _BUSY
    except KeyboardInterrupt:
        return 0
    except (IndexingError, ValueError) as error:
        print(error, file=sys.stderr)
        return _BROKEN_APP
    return 0


@contextlib.contextmanager
def storage_settings(directory: Path) -> Iterator[None]:
    """Starts or adopts the directory's Azurite, unless the settings name a table service; stops it at the end."""
    if os.environ.get("TABLES_CONNECTION_STRING") or os.environ.get("TABLES_ENDPOINT"):
        yield
        return
    try:
        os.environ["TABLES_CONNECTION_STRING"] = start_storage(directory).connection_string
        yield
    finally:
        stop_storage(directory)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
