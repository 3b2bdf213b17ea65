"""roadrecon's own gather of users into SQLite, pointed at the simulator inside its process.

Its paging (`dumphelper`), its batches and its SQLAlchemy inserts (`DataDumper.dump_object`) run unchanged. It asks a
retired API whose properties had other names, so it gets a table with the names of the users it is sent, of the column
types it has for such values, and a session that asks Graph and gives the next link the name it looks for.
"""

import asyncio
import ssl
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import aiohttp
from roadtools.roadlib.metadef import database
from roadtools.roadrecon import gather
from sqlalchemy import Boolean, Column, Text, func, select

from devstack.bench.measure import Listing, report

_FLAGS = ("accountEnabled", "onPremisesSyncEnabled")
_TIMES = ("createdDateTime", "onPremisesLastSyncDateTime", "lastPasswordChangeDateTime")
_STRUCTURES = ("proxyAddresses", "assignedLicenses", "licenseAssignmentStates", "assignedPlans")
_OWN_OPTION = "&api-version=1.61-internal"


def user_table(listing: Listing) -> Any:
    """A table for users with the selected properties, in roadrecon's own database."""
    names = listing.url.partition("$select=")[2].split("&")[0].split(",")
    kinds = dict.fromkeys(_FLAGS, Boolean) | dict.fromkeys(_TIMES, database.DateTime)
    kinds |= dict.fromkeys(_STRUCTURES, database.JSON)
    columns = {name: Column(kinds.get(name, Text), primary_key=name == "id") for name in names}
    return type("GraphUser", (database.Base,), {"__tablename__": "GraphUsers", **columns})


class _GraphAnswer(aiohttp.ClientResponse):
    async def json(self, **options: Any) -> Any:
        body = await super().json(**options)
        if "@odata.nextLink" in body:
            body["odata.nextLink"] = body["@odata.nextLink"]
        return body


async def gather_users(listing: Listing, users: Any, engine: Any) -> None:
    """Everything of one listing."""
    trusted = ssl.create_default_context(cafile=listing.ca_bundle)
    connector = aiohttp.TCPConnector(ssl=trusted)
    async with aiohttp.ClientSession(connector=connector, response_class=_GraphAnswer) as session:

        def get(url: str, **options: Any) -> Any:
            is_first = url.startswith(gather.GATHER_RESOURCE)
            return session.get(listing.url if is_first else url.removesuffix(_OWN_OPTION), **options)

        await gather.DataDumper("tenant", "1.61-internal", engine=engine).dump_object("users", users, method=get)


def gather_into_sqlite(listing: Listing, users: Any, database_url: str) -> int:
    """The number of users in the database afterwards."""
    gather.headers = {"Authorization": f"Bearer {listing.token}"}
    gather.token, gather.expiretime = {}, time.time() + 3600
    gather.dburl = database_url
    engine = database.init(True, database_url)
    with redirect_stdout(sys.stderr):
        asyncio.run(gather_users(listing, users, engine))
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(users.__table__)).scalar_one())


if __name__ == "__main__":
    asked = Listing.from_environment()
    table = user_table(asked)
    with tempfile.TemporaryDirectory() as directory:
        report(lambda: gather_into_sqlite(asked, table, f"sqlite:///{Path(directory) / 'roadrecon.db'}"))
