import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tenantsync.store.fingerprints import Fingerprints
from tenantsync.store.row_hashes import RowHashes, hash_row, pack
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import TENANT

HASHES = [hash_row(f"key-{number}", "content") for number in range(5000)]


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(0, 2**64 - 1)), st.sets(st.integers(0, 2**64 - 1), max_size=20), st.integers(1, 7))
def test_set_holds_what_was_put_in_and_nothing_else(known: set[int], others: set[int], parts: int):
    texts = [f"{number:016x}" for number in known]
    hashes = RowHashes(pack(texts[start::parts]) for start in range(parts))
    assert len(hashes) == len(known)
    assert all(text in hashes for text in texts)
    assert all((f"{number:016x}" in hashes) == (number in known) for number in others)
    assert "" not in hashes


def test_hash_differs_by_key_and_by_content():
    assert len({hash_row("a", "b"), hash_row("ab", ""), hash_row("", "ab"), hash_row("b", "a")}) == 4


def write(fingerprints: Fingerprints, hashes: list[str], *, stamp: str) -> None:
    for step, start in enumerate(range(0, len(hashes), 1000)):
        fingerprints.note(TENANT, "devices", step, pack(hashes[start : start + 1000]))
    fingerprints.publish(TENANT, "devices", stamp)


def test_hashes_are_those_of_the_last_listing_that_ended_well():
    fingerprints = Fingerprints(MemoryTables())
    assert len(fingerprints.read(TENANT, "devices")) == 0
    write(fingerprints, HASHES, stamp="one.0")
    fingerprints.note(TENANT, "devices", 0, pack(HASHES[:10]))  # a listing that does not end
    assert len(fingerprints.read(TENANT, "devices")) == 5000
    shuffled = random.Random(1).sample(HASHES, 1500)
    write(fingerprints, shuffled, stamp="two.0")
    assert len(fingerprints.read(TENANT, "devices")) == 1500
    assert shuffled[7] in fingerprints.read(TENANT, "devices")


def test_publishing_twice_does_not_bring_the_older_hashes_back():
    fingerprints = Fingerprints(MemoryTables())
    write(fingerprints, HASHES[:10], stamp="one.0")
    write(fingerprints, HASHES[:20], stamp="two.0")
    fingerprints.publish(TENANT, "devices", "two.0")
    assert len(fingerprints.read(TENANT, "devices")) == 20


def test_nothing_is_left_of_a_tenant_that_is_gone():
    tables = MemoryTables()
    fingerprints = Fingerprints(tables)
    write(fingerprints, HASHES[:10], stamp="one.0")
    write(fingerprints, HASHES[:20], stamp="two.0")
    fingerprints.forget(TENANT, "devices")
    assert tables.rows("Fingerprints") == []
