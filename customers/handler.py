"""The use cases that change customers. What a person has set no PSA changes afterwards, field by field."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from customers.request import parse_fields
from customers.showing import describe, find_customer, find_similar, tag_of, tenants_of
from tenantsync.bodies import Body
from tenantsync.clock import to_rfc3339
from tenantsync.companies.mirror import Mirror
from tenantsync.errors import RequestError
from tenantsync.identity.caller import Caller
from tenantsync.services import Services
from tenantsync.store.customers import Customer, Reference, name_key
from tenantsync.store.placements import Placement, Rule
from tenantsync.store.suggestions import suggestion_id

_FOLLOWING: Final = frozenset({"name", "domains"})
"""Fields that follow the PSA until a person sets them."""
_SHOWN_TENANTS: Final = 20


def create_customer(body: Body, caller: Caller, services: Services) -> tuple[Customer, dict[str, Any]]:
    """The new customer, and as the API shows it, with `warnings`: customers that may be the same one."""
    fields = parse_fields(body)
    if not fields.get("name"):
        raise RequestError("invalid_request", "`name` must be text.")
    references: Sequence[Reference] = fields.pop("references", ())
    _refuse_taken_name(fields["name"], "", caller, services)
    told = [_look_up(reference, "", caller, services) for reference in references]
    now = to_rfc3339(services.clock.now())
    edited = " ".join(sorted(name for name in fields if name in _FOLLOWING and fields[name] is not None))
    given = {name: value for name, value in fields.items() if value is not None}
    customer = Customer(
        msp_id=caller.msp_id, customer_id=str(uuid4()), created_at=now, updated_at=now, edited=edited, **given
    )
    created = services.customers.create(customer.with_references(told))
    if created is None:  # somebody else gave the name away at this very moment
        raise _name_taken(fields["name"], caller, services)
    for reference in told:
        _take(reference, created, services)
    services.audit_by(caller, "customer_created", customerId=created.customer_id)
    return created, {**describe(created, services), "warnings": find_similar(created, services)}


def change_customer(
    customer_id: str, body: Body, if_match: str, caller: Caller, services: Services
) -> tuple[Customer, dict[str, Any]]:
    """Changes the fields that are given; null hands `name` or `domains` back to the PSA.

    With `if_match` only the customer as it was read, else RequestError `customer_changed`.
    """
    customer = find_customer(customer_id, caller, services)
    fields = parse_fields(body)
    _refuse_changed(customer, if_match)
    references = fields.pop("references", None)
    if "name" in fields:
        _rename(customer, fields["name"], caller, services)
    told = (
        None if references is None else [_look_up(item, customer.customer_id, caller, services) for item in references]
    )
    if told is not None:
        _let_go(customer, told, services)
    for reference in told or ():
        _take(reference, customer, services)
    now = to_rfc3339(services.clock.now())

    def edit(known: Customer) -> Customer:
        _refuse_changed(known, if_match)
        changed = _with_fields(known, fields).with_references(known.read_references() if told is None else told)
        return replace(changed, updated_at=now) if changed != known else known

    changed = services.customers.change(caller.msp_id, customer.customer_id, edit)
    if changed is None:
        raise RequestError("customer_not_found")
    services.audit_by(caller, "customer_changed", customerId=customer.customer_id, fields=sorted(body))
    warnings = find_similar(changed, services) if "name" in fields else []
    return changed, {**describe(changed, services), "warnings": warnings}


def remove_customer(customer_id: str, caller: Caller, services: Services) -> None:
    """Forgets a customer without tenants; its companies make no new one. Raises RequestError `customer_has_tenants`."""
    customer = find_customer(customer_id, caller, services)
    refuse_with_tenants(customer, services)
    services.audit_by(caller, "customer_removed", customerId=customer.customer_id)
    for reference in customer.read_references():
        services.placements.change(customer.msp_id, *reference.identity, _left_out)
    ids = [suggestion_id(customer.msp_id, *reference.identity) for reference in customer.read_references()]
    services.suggestions.remove(customer.msp_id, ids)
    services.customers.remove(customer)


def refuse_with_tenants(customer: Customer, services: Services) -> None:
    """Raises RequestError `customer_has_tenants` that names them."""
    tenants = tenants_of(customer, services)
    if tenants:
        shown = [
            {"tenantId": tenant.tenant_id, "tenantDomain": tenant.domain or None} for tenant in tenants[:_SHOWN_TENANTS]
        ]
        detail = f"{customer.name} has {len(tenants)} of them."
        raise RequestError(
            "customer_has_tenants", detail, members={"customerId": customer.customer_id, "tenants": shown}
        )


def _with_fields(known: Customer, fields: dict[str, Any]) -> Customer:
    handed_back = {name for name in fields if name in _FOLLOWING and fields[name] is None}
    edited = ({*known.edited.split()} | (fields.keys() & _FOLLOWING)) - handed_back
    given = {name: value for name, value in fields.items() if value is not None}
    return replace(known, edited=" ".join(sorted(edited)), **given)


def _refuse_changed(customer: Customer, if_match: str) -> None:
    tags = {part.strip() for part in if_match.split(",")} - {""}
    if tags and "*" not in tags and tag_of(customer) not in tags:
        raise RequestError("customer_changed")


def _rename(customer: Customer, name: str | None, caller: Caller, services: Services) -> None:
    """Has the new name stand for this customer."""
    if name is None:
        name = next((item.name for item in customer.read_references() if item.name), "")
        if not name:
            raise RequestError("invalid_request", "`name`: no PSA gives this customer a name.")
    if name_key(name) == name_key(customer.name):
        return
    _refuse_taken_name(name, customer.customer_id, caller, services)
    holder = services.customers.claim_name(caller.msp_id, name, customer.customer_id)
    if holder != customer.customer_id:  # the name of a customer that is gone
        services.customers.free_name(caller.msp_id, name, holder)
        services.customers.claim_name(caller.msp_id, name, customer.customer_id)


def _refuse_taken_name(name: str, own_id: str, caller: Caller, services: Services) -> None:
    known = services.customers.find_named(caller.msp_id, name)
    if known and known.customer_id != own_id:
        raise _name_taken(name, caller, services)


def _name_taken(name: str, caller: Caller, services: Services) -> RequestError:
    known = services.customers.find_named(caller.msp_id, name)
    return RequestError("customer_exists", members={"customerId": known.customer_id if known else None})


def _look_up(reference: Reference, own_id: str, caller: Caller, services: Services) -> Reference:
    """With what the PSA has told of the company; raises RequestError `reference_taken` when it is another customer."""
    placement = services.placements.read(caller.msp_id, *reference.identity)
    if placement is None:
        return reference
    _refuse_taken(placement, own_id, services)
    return Reference(
        provider=reference.provider,
        external_id=reference.external_id,
        key=reference.key or placement.key,
        name=placement.name,
        domains=tuple(placement.domains.split()),
        is_active=placement.is_active,
    )


def _refuse_taken(placement: Placement, own_id: str, services: Services) -> None:
    holder = placement.customer_id
    if holder not in ("", own_id) and services.customers.read(placement.msp_id, holder):
        detail = f"{placement.provider} {placement.external_id}."
        raise RequestError("reference_taken", detail, members={"customerId": holder})


def _take(reference: Reference, customer: Customer, services: Services) -> None:
    """Makes the company this customer for good."""
    now = to_rfc3339(services.clock.now())

    def edit(known: Placement) -> Placement:
        _refuse_taken(known, customer.customer_id, services)
        refused = " ".join(item for item in known.refused.split() if item != customer.customer_id)
        placed = replace(known, customer_id=customer.customer_id, rule=Rule.PERSON, placed_at=now, refused=refused)
        return replace(placed, is_left_out=False, key=reference.key or known.key)

    services.placements.change(customer.msp_id, *reference.identity, edit)
    services.suggestions.remove(customer.msp_id, [suggestion_id(customer.msp_id, *reference.identity)])


def _let_go(before: Customer, told: Sequence[Reference], services: Services) -> None:
    """Companies a person says it is not: they are placed anew when the PSA next lists them.

    Before the customer changes: as long as it has them, sending the change again comes back here.
    """

    def edit(known: Placement) -> Placement:
        if known.customer_id != before.customer_id:
            return known
        return replace(known, customer_id="", rule="").refusing(before.customer_id)

    kept = {reference.identity for reference in told}
    for reference in before.read_references():
        if reference.identity not in kept:
            services.placements.change(before.msp_id, *reference.identity, edit)
            connection = services.psa_connections.read(before.msp_id, reference.provider)
            if connection:
                Mirror(services.tables, connection.mirror_id).forget(reference.external_id)


def _left_out(known: Placement) -> Placement:
    return replace(known, customer_id="", rule=Rule.PERSON, is_left_out=True)
