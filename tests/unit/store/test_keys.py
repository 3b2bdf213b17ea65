from hypothesis import given
from hypothesis import strategies as st

from tenantsync.store.keys import SHARDS, encode_key, newest_first, shard_of

FORBIDDEN = set("/\\#?%")


@given(st.text(max_size=2000))
def test_key_is_safe_for_any_identifier(identifier: str):
    key = encode_key(identifier)
    assert not FORBIDDEN & set(key)
    assert key.isascii()
    assert key.isprintable()
    assert len(key) <= 500


@given(st.text(max_size=200), st.text(max_size=200))
def test_different_identifiers_have_different_keys(one: str, other: str):
    assert (encode_key(one) == encode_key(other)) is (one == other)


def test_guid_and_membership_keys_stay_readable():
    guid = "11111111-1111-4111-8111-111111111111"
    assert encode_key(guid) == guid
    assert encode_key(f"{guid}_{guid}") == f"{guid}_{guid}"


def test_long_identifiers_that_differ_only_at_the_end_differ():
    assert encode_key("x" * 600 + "a") != encode_key("x" * 600 + "b")


@given(st.text(max_size=50))
def test_shard_is_stable_and_in_range(identifier: str):
    assert 0 <= shard_of(encode_key(identifier)) < SHARDS


def test_shards_are_filled_evenly():
    counts = [0] * SHARDS
    for number in range(16_000):
        counts[shard_of(f"{number:08x}-0000-4000-8000-000000000000")] += 1
    assert min(counts) > 850
    assert max(counts) < 1150


def test_newest_comes_first_and_equal_moments_by_key():
    times = ["2026-03-02T09:00:00.001Z", "2026-03-02T09:00:00.000Z", "1999-12-31T23:59:59.999Z"]
    keys = [newest_first(at, "a") for at in times]
    assert keys == sorted(keys)
    assert newest_first(times[0], "a") < newest_first(times[0], "b") < newest_first(times[1], "a")
