"""Notices listings whose links go round in circles, however many pages the circle has and slices it takes."""

from tenantsync.errors import CursorExpiredError
from tenantsync.store.progress import ResourceProgress


def pass_landmark(progress: ResourceProgress, cursor: str | None) -> str:
    """The landmark after one more page; CursorExpiredError when its cursor leads to the landmark again.

    Every page whose number is a power of two becomes the landmark (Brent), so a circle is noticed after three times its
    pages at most, and one cursor is all there is to remember.
    """
    if cursor and cursor == progress.landmark:
        raise CursorExpiredError("page_expired", "the listing's links go round in circles")
    number = progress.pages + 1
    is_power_of_two = number & progress.pages == 0
    return cursor if cursor and is_power_of_two else progress.landmark
