"""Rows as the listings make them."""

from tenantsync.resources.sources import whole_object


def test_annotations_are_no_part_of_a_row():
    sent = {"@odata.type": "#microsoft.graph.user", "id": "a", "mail@odata.context": "kept", "mail": None}
    assert list(whole_object(sent)) == [("a", {"id": "a", "mail@odata.context": "kept", "mail": None})]


def test_object_without_annotations_is_its_own_row():
    sent = {"id": "a", "mail": None}
    assert list(whole_object(sent)) == [("a", sent)]
