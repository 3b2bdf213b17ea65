"""Short hashes of rows, key and content together: is exactly this row among the known ones?"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

_BYTES: Final = 8
_BUCKETS: Final = 16
_BUCKET_BITS: Final = 60


def hash_row(key: str, content: str) -> str:
    """Sixteen hexadecimal digits; no key contains the separator, so different rows never spell the same."""
    return blake2b(f"{key}\n{content}".encode("utf-8", "surrogatepass"), digest_size=_BYTES).hexdigest()


def pack(hashes: Iterable[str]) -> bytes:
    """Hashes as a note, eight bytes each, in ascending order."""
    return array("Q", sorted(int(text, 16) for text in hashes)).tobytes()


class RowHashes:
    """A set of row hashes in eight bytes a row, so that a million rows take eight megabytes."""

    def __init__(self, notes: Iterable[bytes] = ()) -> None:
        buckets = [array("Q") for _ in range(_BUCKETS)]
        for note in notes:
            _deal(note, buckets)
        self._buckets = [array("Q", sorted(set(bucket))) for bucket in buckets]

    def __contains__(self, text: str) -> bool:
        if not text:
            return False
        wanted = int(text, 16)
        bucket = self._buckets[wanted >> _BUCKET_BITS]
        at = bisect_left(bucket, wanted)
        return at < len(bucket) and bucket[at] == wanted

    def __len__(self) -> int:
        return sum(map(len, self._buckets))


def _deal(note: bytes, buckets: list["array[int]"]) -> None:
    """Sorting bucket by bucket keeps the list that sorting needs small."""
    hashes = array("Q")
    hashes.frombytes(note)
    start = 0
    for number, bucket in enumerate(buckets):
        end = bisect_left(hashes, (number + 1) << _BUCKET_BITS, start) if number + 1 < _BUCKETS else len(hashes)
        bucket.extend(hashes[start:end])
        start = end
