"""The mailbox usage report as CSV, streamed; names concealed where the tenant says so."""

import hashlib
from collections.abc import Iterator
from typing import Final

from devstack.microsoft365.population import Population

_BOM: Final = "\ufeff"
_COLUMNS: Final = (
    "Report Refresh Date,User Principal Name,Display Name,Is Deleted,Deleted Date,Created Date,Last Activity Date,"
    "Item Count,Storage Used (Byte),Issue Warning Quota (Byte),Prohibit Send Quota (Byte),"
    "Prohibit Send/Receive Quota (Byte),Deleted Item Count,Deleted Item Size (Byte),Deleted Item Quota (Byte),"
    "Has Archive,Recipient Type,Report Period"
)
_REFRESHED: Final = "2026-03-01"
_CHUNK_ROWS: Final = 500


def report_chunks(population: Population, *, concealed: bool) -> Iterator[bytes]:
    """The file in pieces of some hundred rows; one row in a hundred is of a deleted mailbox."""
    rows = [f"{_BOM}{_COLUMNS}"]
    for user in population.mailbox_users():
        rows.append(_row(population, user, concealed=concealed))
        if user % 100 == 0:
            rows.append(_deleted_row(user, population.spec.domain, concealed=concealed))
        if len(rows) >= _CHUNK_ROWS:
            yield ("\r\n".join(rows) + "\r\n").encode()
            rows = []
    if rows:
        yield ("\r\n".join(rows) + "\r\n").encode()


def _row(population: Population, user: int, *, concealed: bool) -> str:
    upn, name = population.upn(user), " ".join(population.name(user))
    if concealed:
        upn, name = _conceal(upn), _conceal(name)
    quotas = "106300440576,107374182400,107374182400,12,40960,32212254720"
    used = f"{user * 13 % 5000},{1_000_000 + user * 4096}"
    return f'{_REFRESHED},{upn},"{name}",False,,2021-01-01,2026-02-20,{used},{quotas},False,User,7'


def _deleted_row(user: int, domain: str, *, concealed: bool) -> str:
    upn = f"former{user}@{domain}"
    shown = _conceal(upn) if concealed else upn
    return f'{_REFRESHED},{shown},"Former {user}",True,2026-02-01,2020-01-01,,0,0,0,0,0,0,0,0,False,User,7'


def _conceal(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32].upper()
