"""What may be asked for with `access`, and the roles behind it."""

from typing import Any

import pytest

from devstack.microsoft365.facts import load_facts
from tenantsync.errors import RequestError
from tenantsync.identity.roles import GLOBAL_ADMINISTRATOR
from tenantsync.operations import OPERATIONS
from tenantsync.partner.access import days_of, parse_access, parse_wish, read_groups
from tenantsync.partner.roles import (
    FEATURES,
    HELPDESK_ADMINISTRATOR,
    READ_ONLY,
    ROLE_NAMES,
    TEMPLATES,
    describe_features,
    find_template,
)
from tenantsync.resources.registry import RESOURCES
from tests.fakes.partner import GROUP


def test_default_is_least_privilege_for_a_short_time_and_nobody_standing():
    wish = parse_access({"model": "gdap"})
    assert wish is not None
    template = find_template(READ_ONLY)
    assert template is not None
    assert set(wish.roles) == set(template.role_ids)
    assert (wish.duration, wish.auto_extend, wish.groups) == ("P90D", False, ())


@pytest.mark.parametrize("access", [None, {"model": "direct"}])
def test_direct_access_asks_for_nothing(access: Any):
    assert parse_access(access) is None


def test_dap_is_refused_with_the_reason_and_the_way_to_gdap():
    with pytest.raises(RequestError) as refusal:
        parse_access({"model": "dap"})
    assert (refusal.value.code, refusal.value.problem().status) == ("access_model_unsupported", 400)
    assert "September 2023" in refusal.value.detail
    assert "GDAP" in refusal.value.problem().next_action


@pytest.mark.parametrize(
    "access",
    [
        "gdap",
        {"model": "csp"},
        {"model": "direct", "duration": "P1D"},
        {"model": "gdap", "surprise": 1},
        {"model": "gdap", "duration": "P731D"},
        {"model": "gdap", "duration": "P0D"},
        {"model": "gdap", "duration": "P3Y"},
        {"model": "gdap", "duration": "PT1H"},
        {"model": "gdap", "duration": 90},
        {"model": "gdap", "autoExtend": "yes"},
        {"model": "gdap", "autoExtend": True, "roles": ["Global Administrator"]},
        {"model": "gdap", "roleTemplate": "owner"},
        {"model": "gdap", "roles": []},
        {"model": "gdap", "roles": "Global Reader"},
        {"model": "gdap", "roles": ["Custom role"]},
        {"model": "gdap", "roles": ["Global Reader"], "roleTemplate": "helpdesk"},
        {"model": "gdap", "securityGroups": [{"groupId": "everyone"}]},
        {"model": "gdap", "securityGroups": [{"groupId": GROUP}, {"groupId": GROUP.upper()}]},
        {"model": "gdap", "securityGroups": [{"groupId": GROUP, "roles": ["Exchange Administrator"]}]},
        {"model": "gdap", "securityGroups": {"groupId": GROUP}},
    ],
)
def test_what_microsoft_would_not_take_is_refused_before_anything_is_asked(access: Any):
    with pytest.raises(RequestError) as refusal:
        parse_access(access)
    assert refusal.value.code == "invalid_request"


def test_roles_may_be_named_and_groups_get_all_of_them_unless_told_otherwise():
    wish = parse_wish({"roles": ["helpdesk administrator", "Global Reader"], "securityGroups": [{"groupId": GROUP}]})
    assert HELPDESK_ADMINISTRATOR in wish.roles
    assert wish.groups[0].roles == wish.roles
    assert read_groups(wish.groups_to_text()) == wish.groups


@pytest.mark.parametrize(("duration", "days"), [("P1D", 1), ("P730D", 730), ("P1Y", 365), ("P2Y", 730)])
def test_duration_is_told_in_days(duration: str, days: int):
    assert days_of(duration) == days


def test_roles_are_microsofts_and_no_template_has_the_mightiest():
    known = load_facts().built_in_roles
    assert {role_id: known[role_id] for role_id in ROLE_NAMES} == ROLE_NAMES
    for template in TEMPLATES:
        assert GLOBAL_ADMINISTRATOR not in template.role_ids
        assert set(template.role_ids) <= set(ROLE_NAMES)
        assert all(why.endswith(".") for _, why in template.roles)


def test_every_resource_and_operation_has_its_roles():
    acting = {operation.key for operation in OPERATIONS if operation.kind == "delegated"}
    assert set(FEATURES) == {spec.key for spec in RESOURCES} | acting


def test_features_say_what_is_missing():
    by_key = {item["feature"]: item for item in describe_features({HELPDESK_ADMINISTRATOR})}
    assert by_key["reset_passwords"]["works"]
    assert by_key["devices"] == {
        "feature": "devices",
        "works": False,
        "anyOf": ["Global Reader", "Intune Administrator"],
        "missing": ["Global Reader"],
    }
    assert all(item["works"] for item in describe_features({GLOBAL_ADMINISTRATOR}))


def test_read_only_template_is_enough_for_the_whole_inventory():
    template = find_template(READ_ONLY)
    assert template is not None
    works = {item["feature"] for item in describe_features(template.role_ids) if item["works"]}
    assert {spec.key for spec in RESOURCES} <= works
    for role_id in template.role_ids:  # none of them is there for nothing, except as the smallest for its purpose
        assert any(role_id in any_of for any_of in FEATURES.values())
