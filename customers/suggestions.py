"""The use cases: which customers companies and tenants may be, and a person's decision."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from customers.handler import refuse_with_tenants
from customers.showing import find_customer
from tenantsync.bodies import Body, read_guid, refuse_unknown
from tenantsync.clock import to_rfc3339
from tenantsync.errors import RequestError
from tenantsync.identity.authority import is_guid
from tenantsync.identity.caller import Caller
from tenantsync.matching.tenants import suggest_customers
from tenantsync.paging import read_cursor, read_top, write_cursor
from tenantsync.services import Services
from tenantsync.store.customers import Customer, Reference
from tenantsync.store.placements import Placement, Rule
from tenantsync.store.suggestions import Candidate, Suggestion

_ACTIONS: Final = ("accept", "reject")


def list_suggestions(params: Mapping[str, str], caller: Caller, services: Services) -> dict[str, Any]:
    """`{items, nextCursor}`: companies that may be customers; with `tenant` whose that one may be."""
    if tenant := params.get("tenant"):
        candidates = suggest_customers(tenant, caller.msp_id, services)
        names = _names(candidates, caller, services)
        return {"items": [_describe(candidates, names, tenant=tenant)], "nextCursor": None}
    top, after = read_top(params, default=50, most=100), read_cursor(params)
    page = services.suggestions.list_page(caller.msp_id, after, top)
    names = _names((item for one in page for item in one.read_candidates()), caller, services)
    items = [_describe_stored(suggestion, names) for suggestion in page]
    cursor = write_cursor(page[-1].suggestion_id) if len(page) == top else None
    return {"items": [item for item in items if item["candidates"]], "nextCursor": cursor}


def decide_suggestion(suggestion_id: str, body: Body, caller: Caller, services: Services) -> dict[str, Any]:
    """Accepts or rejects; sending it again goes on where a crash has interrupted it."""
    refuse_unknown(body, frozenset({"action", "customerId"}))
    suggestion = _find(suggestion_id.lower(), caller, services)
    action = body.get("action")
    if action not in _ACTIONS:
        raise RequestError("invalid_request", f"`action` must be one of {', '.join(_ACTIONS)}.")
    if action == "accept":
        return _accept(suggestion, read_guid(body, "customerId"), caller, services)
    return _reject(suggestion, read_guid(body, "customerId") if "customerId" in body else "", caller, services)


def _accept(suggestion: Suggestion, customer_id: str, caller: Caller, services: Services) -> dict[str, Any]:
    """The company becomes the chosen customer; the one that was made for it goes, if nobody has used it."""
    chosen = find_customer(customer_id, caller, services)
    made = services.customers.read(caller.msp_id, suggestion.customer_id)
    if chosen.customer_id == suggestion.customer_id:
        raise RequestError("invalid_request", "`customerId` must be another customer.")
    if made:
        refuse_with_tenants(made, services)
    _audit("suggestion_accepted", suggestion, [customer_id], caller, services)
    now = to_rfc3339(services.clock.now())
    reference = _reference(suggestion, made, services)
    services.customers.change(
        caller.msp_id, customer_id, lambda known: replace(known.with_reference(reference), updated_at=now)
    )
    services.placements.change(
        caller.msp_id,
        suggestion.provider,
        suggestion.external_id,
        lambda known: replace(known, customer_id=customer_id, rule=Rule.PERSON, placed_at=now),
    )
    if made:
        _take_away(reference, made, services)
    services.suggestions.remove(caller.msp_id, [suggestion.suggestion_id])
    return {"suggestionId": suggestion.suggestion_id, "state": "accepted", "customerId": customer_id}


def _reject(suggestion: Suggestion, customer_id: str, caller: Caller, services: Services) -> dict[str, Any]:
    """The company is not that customer, or none of those that were suggested."""
    candidates = suggestion.read_candidates()
    refused = [item.customer_id for item in candidates if customer_id in ("", item.customer_id)]
    if not refused:
        raise RequestError("invalid_request", "`customerId` is not one of the candidates.")
    _audit("suggestion_rejected", suggestion, refused, caller, services)

    def edit(known: Placement) -> Placement:
        return known.refusing(*refused)

    services.placements.change(caller.msp_id, suggestion.provider, suggestion.external_id, edit)
    kept = [item.to_json() for item in candidates if item.customer_id not in refused]
    if kept:
        services.suggestions.put_all([replace(suggestion, candidates=orjson.dumps(kept).decode())])
    else:
        services.suggestions.remove(caller.msp_id, [suggestion.suggestion_id])
    state = "open" if kept else "rejected"
    return {"suggestionId": suggestion.suggestion_id, "state": state, "customerId": suggestion.customer_id}


def _find(suggestion_id: str, caller: Caller, services: Services) -> Suggestion:
    found = services.suggestions.read(caller.msp_id, suggestion_id) if is_guid(suggestion_id) else None
    if found is None:
        raise RequestError("suggestion_unknown")
    return found


def _reference(suggestion: Suggestion, made: Customer | None, services: Services) -> Reference:
    """The company as it was last told."""
    identity = (suggestion.provider, suggestion.external_id)
    known = made.read_references() if made else ()
    placement = services.placements.read(suggestion.msp_id, *identity)
    plain = Reference(
        provider=suggestion.provider,
        external_id=suggestion.external_id,
        key=placement.key if placement else "",
        name=suggestion.company_name,
        domains=tuple(placement.domains.split()) if placement else (),
    )
    return next((item for item in known if item.identity == identity), plain)


def _take_away(reference: Reference, made: Customer, services: Services) -> None:
    left = services.customers.change(
        made.msp_id, made.customer_id, lambda known: known.without_reference(*reference.identity)
    )
    if left and _is_untouched(left):
        services.customers.remove(left)


def _is_untouched(customer: Customer) -> bool:
    """Whether a PSA has made it, and nothing but that is known of it."""
    is_bare = customer.contacts == "[]" and not customer.notes and not customer.edited
    return bool(customer.origin) and is_bare and not customer.read_references()


def _audit(
    action: str, suggestion: Suggestion, customer_ids: Sequence[str], caller: Caller, services: Services
) -> None:
    company = f"{suggestion.provider} {suggestion.external_id}"
    services.audit_by(caller, action, company=company, customerIds=[*customer_ids])


def _names(candidates: Iterable[Candidate], caller: Caller, services: Services) -> dict[str, str]:
    ids = dict.fromkeys(item.customer_id for item in candidates)
    found = services.customers.read_many(caller.msp_id, [*ids])
    return {customer.customer_id: customer.name for customer in found}


def _describe_stored(suggestion: Suggestion, names: Mapping[str, str]) -> dict[str, Any]:
    company = {
        "provider": suggestion.provider,
        "externalId": suggestion.external_id,
        "name": suggestion.company_name,
        "customerId": suggestion.customer_id,
    }
    about = {"suggestionId": suggestion.suggestion_id, "company": company}
    return {**_describe(suggestion.read_candidates(), names), **about, "ambiguity": suggestion.ambiguity or None}


def _describe(candidates: Sequence[Candidate], names: Mapping[str, str], tenant: str | None = None) -> dict[str, Any]:
    """Customers that are gone meanwhile are left out."""
    shown = [{**item.to_json(), "name": names[item.customer_id]} for item in candidates if item.customer_id in names]
    return {"suggestionId": None, "company": None, "tenant": tenant, "ambiguity": None, "candidates": shown}
