"""`python -m devstack.host --port P --data DIR`: serves the app in the current directory."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Final

from devstack.host.indexing import IndexingError
from devstack.host.log import set_up_logging
from devstack.host.server import HostBusyError, HostOptions, run_host

_BUSY: Final = 3
_BROKEN_APP: Final = 4


def main() -> int:
    """0 after a stop, 3 when the port or directory is taken, 4 when the app cannot be indexed."""
    parser = argparse.ArgumentParser(prog="devstack.host", description=__doc__)
    parser.add_argument("--port", type=int, default=7071)
    parser.add_argument("--data", type=Path, default=Path(".devstack/data"))
    arguments = parser.parse_args()
    set_up_logging()
    options = HostOptions(Path.cwd(), arguments.port, arguments.data.resolve() / "host")
    try:
        asyncio.run(run_host(options, lambda url: print(f"ready {url}", flush=True)))
    except HostBusyError as error:
        print(error, file=sys.stderr)
        return _BUSY
    except (IndexingError, ValueError) as error:
        print(error, file=sys.stderr)
        return _BROKEN_APP
    return 0


if __name__ == "__main__":
    sys.exit(main())
