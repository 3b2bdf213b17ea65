"""`python -m devstack.table_service --port P --location DIR`: serves until it is told to stop."""

import argparse
from pathlib import Path

from aiohttp import web

from devstack.storage import read_account_key
from devstack.table_service.rows import Rows
from devstack.table_service.service import TableService


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--location", type=Path, required=True)
    arguments = parser.parse_args()
    service = TableService(Rows(arguments.location / "rows.sqlite"), read_account_key(arguments.location))
    web.run_app(
        service.application(), host="127.0.0.1", port=arguments.port, print=None, access_log=None, handle_signals=True
    )


if __name__ == "__main__":
    main()
