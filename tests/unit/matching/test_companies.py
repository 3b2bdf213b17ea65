"""Companies of a PSA become customers: by an exact tenant id or verified domain, else for a person to decide."""

from contextlib import suppress
from dataclasses import replace
from itertools import count, product
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from tenantsync.matching.companies import PlacedCounts, place_companies
from tenantsync.matching.tenants import TenantMatcher, suggest_customers
from tenantsync.psa.port import Company, Provider
from tenantsync.services import Services, build_services
from tenantsync.settings import Settings
from tenantsync.store.customers import Customer, CustomerState
from tenantsync.store.placements import Rule
from tenantsync.store.suggestions import Suggestion
from tenantsync.store.tenants import ManagedTenant, TenantState
from tests.fakes.clock import FakeClock
from tests.fakes.dying_tables import DyingTables
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import MSP, OTHER_MSP
from tests.services import ENVIRONMENT

HALO, CONNECTWISE = Provider.HALOPSA, Provider.CONNECTWISE
TENANT_A, TENANT_B = (f"{letter * 8}-1111-4111-8111-111111111111" for letter in "ab")
NOW = "2026-03-02T09:00:00.000Z"


def company(external_id: str = "1", name: str = "Contoso", *domains: str, **more: Any) -> Company:
    return Company(external_id=external_id, name=name, domains=domains, **more)


def place(services: Services, *companies: Company, provider: Provider = HALO, dry: bool = False) -> PlacedCounts:
    return place_companies(MSP, provider, companies, services, is_dry_run=dry)


def customer_with(services: Services, tenant_id: str, name: str = "Kunde", *domains: str, **more: Any) -> str:
    """A customer a person has made, with a connected tenant."""
    customer = services.customers.find_or_create(MSP, name, NOW)
    services.tenants.open(
        ManagedTenant(
            msp_id=MSP,
            tenant_id=tenant_id,
            customer_id=customer.customer_id,
            connection_id="c",
            verified_domains=" ".join(domains),
            created_at=NOW,
            updated_at=NOW,
            **{"state": "completed", **more},
        )
    )
    return customer.customer_id


def all_customers(services: Services) -> list[Customer]:
    return sorted(services.customers.all(MSP), key=lambda item: item.name)


def customer_of(services: Services, external_id: str = "1", provider: Provider = HALO) -> Customer:
    placement = services.placements.read(MSP, provider, external_id)
    assert placement
    customer = services.customers.read(MSP, placement.customer_id)
    assert customer
    return customer


def suggestions(services: Services) -> list[Suggestion]:
    return services.suggestions.list_page(MSP, "", 100)


def test_new_company_becomes_a_customer_and_the_name_stands_for_it(services: Services):
    counts = place(services, company("1", "Contoso", "contoso.com", key="CON"))
    assert (counts.created, counts.names["created"]) == (1, ("Contoso",))
    (customer,) = all_customers(services)
    assert (customer.name, customer.domains, customer.origin, customer.edited) == ("Contoso", "contoso.com", HALO, "")
    assert services.customers.find_or_create(MSP, "CONTOSO", NOW).customer_id == customer.customer_id


def test_doing_it_again_changes_nothing(services: Services, tables: MemoryTables):
    told = [company("1", "Contoso", "contoso.com"), company("2", "Fabrikam")]
    place(services, *told)
    before = {
        (row.values["PartitionKey"], row.key): row.etag for table in list(tables.tables) for row in tables.rows(table)
    }
    counts = place(services, *told)
    after = {
        (row.values["PartitionKey"], row.key): row.etag for table in list(tables.tables) for row in tables.rows(table)
    }
    assert (counts.unchanged, counts.created) == (2, 0)
    assert before == after


def test_dry_run_counts_the_same_and_writes_nothing(services: Services, tables: MemoryTables):
    customer_with(services, TENANT_A, "Contoso AG", "contoso.com")
    told = [company("1", "Contoso", "contoso.com"), company("2", "Kontoso AG"), company("3", "Old", is_active=False)]
    etags = {row.etag for table in list(tables.tables) for row in tables.rows(table)}
    planned = place(services, *told, dry=True)
    assert {row.etag for table in list(tables.tables) for row in tables.rows(table)} == etags
    assert place(services, *told) == planned
    assert (planned.linked, planned.created, planned.suggested, planned.left_out) == (1, 1, 0, 1)


def test_tenant_id_links_whatever_the_names_are(services: Services):
    customer_id = customer_with(services, TENANT_A, "Something else")
    counts = place(services, company("7", "Contoso", "contoso.com", entra_tenant_ids=(TENANT_A,)))
    assert counts.linked == 1
    linked = customer_of(services, "7")
    assert (linked.customer_id, linked.name, linked.domains) == (customer_id, "Something else", "contoso.com")
    placement = services.placements.read(MSP, HALO, "7")
    assert placement
    assert placement.rule == Rule.TENANT_ID


def test_verified_domain_links_and_the_connected_one_counts_too(services: Services):
    one = customer_with(services, TENANT_A, "One", "one.com")
    two = customer_with(services, TENANT_B, "Two", domain="two.com")
    place(services, company("1", "A", "one.com"), company("2", "B", "two.com"))
    assert (customer_of(services, "1").customer_id, customer_of(services, "2").customer_id) == (one, two)


def test_free_mail_initial_and_foreign_domains_link_nothing(services: Services):
    customer_with(services, TENANT_A, "One", "gmail.com", "one.onmicrosoft.com")
    customer_with(services, TENANT_B, "Gone", "gone.com", state=TenantState.DISCONNECTED)
    told = [("1", "gmail.com"), ("2", "one.onmicrosoft.com"), ("3", "gone.com")]
    assert place(services, *(company(key, f"X{key}", domain) for key, domain in told)).created == 3


def test_one_tenant_id_on_two_companies_stays_ambiguous(services: Services):
    customer_id = customer_with(services, TENANT_A, "Kunde")
    told = [company(key, f"Contoso {key}", entra_tenant_ids=(TENANT_A,)) for key in "12"]
    counts = place(services, *told)
    assert (counts.linked, counts.created, counts.suggested) == (0, 2, 2)
    assert {item.ambiguity for item in suggestions(services)} == {"several_companies"}
    for item in suggestions(services):
        (candidate,) = item.read_candidates()
        assert (candidate.customer_id, candidate.reasons[0].reason) == (customer_id, "tenant_id")


def test_company_with_two_customers_tenants_stays_ambiguous(services: Services):
    customer_with(services, TENANT_A, "One")
    customer_with(services, TENANT_B, "Two")
    place(services, company("1", "Contoso", entra_tenant_ids=(TENANT_A, TENANT_B)))
    assert [item.ambiguity for item in suggestions(services)] == ["several_customers"]


def test_later_slice_takes_back_what_it_makes_ambiguous_and_an_old_link_stays(services: Services, clock: FakeClock):
    customer_id = customer_with(services, TENANT_A, "Kunde", "contoso.com")
    place(services, company("1", "Contoso", "contoso.com"))
    place(services, company("2", "Contoso Sweden", "contoso.com"))
    assert customer_id not in (customer_of(services, "1").customer_id, customer_of(services, "2").customer_id)
    assert len(suggestions(services)) == 2
    kunde = services.customers.read(MSP, customer_id)
    assert kunde
    assert not kunde.read_references()

    other = customer_with(services, TENANT_B, "Other", "fabrikam.com")
    place(services, company("3", "Fabrikam", "fabrikam.com"))
    clock.advance(7200)
    place(services, company("4", "Fabrikam Two", "fabrikam.com"))
    assert customer_of(services, "3").customer_id == other
    assert customer_of(services, "4").customer_id != other


def test_customer_that_is_another_company_already_is_only_suggested(services: Services, clock: FakeClock):
    place(services, company("1", "Contoso"))
    own = customer_of(services, "1")
    customer_with(services, TENANT_A, own.name, "contoso.com")
    place(services, company("2", "Contoso Two", "contoso.com"))
    assert customer_of(services, "2").customer_id != own.customer_id
    (item,) = suggestions(services)
    assert (item.ambiguity, item.read_candidates()[0].customer_id) == ("customer_taken", own.customer_id)


def test_same_name_is_suggested_never_merged(services: Services):
    known = services.customers.find_or_create(MSP, "Contoso GmbH", NOW)
    place(services, company("1", "Contoso"))
    (item,) = suggestions(services)
    (candidate,) = item.read_candidates()
    assert (candidate.customer_id, candidate.score) == (known.customer_id, 0.85)
    assert len(all_customers(services)) == 2


def test_second_psa_finds_the_customers_of_the_first_by_domain_as_suggestion(services: Services):
    place(services, company("1", "Contoso", "contoso.com"))
    place(services, company("c1", "Contoso Group", "contoso.com"), provider=CONNECTWISE)
    (item,) = suggestions(services)
    assert [reason.reason for reason in item.read_candidates()[0].reasons] == ["domain", "name"]


def test_fields_follow_the_psa_until_a_person_sets_them(services: Services):
    place(services, company("1", "Contoso", "contoso.com"))
    customer_id = customer_of(services).customer_id
    place(services, company("1", "Contoso Neu", "contoso.de"))
    followed = customer_of(services)
    assert (followed.name, followed.domains) == ("Contoso Neu", "contoso.de")
    services.customers.change(MSP, customer_id, lambda known: replace(known, name="Mine", edited="name"))
    counts = place(services, company("1", "Contoso Again", "contoso.org"))
    assert (customer_of(services).name, customer_of(services).domains) == ("Mine", "contoso.org")
    assert counts.updated == 1


def test_renamed_company_frees_its_old_name(services: Services):
    place(services, company("1", "Contoso"))
    place(services, company("1", "Fabrikam"))
    own = customer_of(services).customer_id
    assert services.customers.find_or_create(MSP, "Fabrikam", NOW).customer_id == own
    assert services.customers.find_or_create(MSP, "Contoso", NOW).customer_id != own


def test_inactive_company_marks_its_customer_and_leaves_the_tenant_alone(services: Services):
    customer_id = customer_with(services, TENANT_A, "Kunde", "contoso.com")
    place(services, company("1", "Contoso", "contoso.com"))
    tenant = services.tenants.read(MSP, TENANT_A)
    counts = place(services, company("1", "Contoso", "contoso.com", is_active=False))
    customer = customer_of(services)
    assert (counts.deactivated, customer.customer_id, customer.state) == (1, customer_id, CustomerState.PSA_INACTIVE)
    assert services.tenants.read(MSP, TENANT_A) == tenant
    assert place(services, company("1", "Contoso", "contoso.com")).updated == 1
    assert customer_of(services).state is CustomerState.ACTIVE


def test_refused_customer_is_not_linked_and_the_next_best_is(services: Services):
    refused = customer_with(services, TENANT_A, "Kunde", "contoso.com")
    place(services, company("1", "Other"))
    services.placements.change(MSP, HALO, "1", lambda known: replace(known, customer_id="", rule="").refusing(refused))
    services.customers.remove(customer_of_name(services, "Other"))
    place(services, company("1", "Other", "contoso.com", entra_tenant_ids=(TENANT_A,)))
    assert customer_of(services).customer_id != refused
    assert suggestions(services) == []


def customer_of_name(services: Services, name: str) -> Customer:
    found = services.customers.find_named(MSP, name)
    assert found
    return found


def test_crash_between_customers_and_placements_is_finished_by_the_next_run(services: Services, tables: MemoryTables):
    linked = customer_with(services, TENANT_A, "Kunde", "contoso.com")
    told = [company("1", "Contoso", "contoso.com"), company("2", "Fabrikam")]
    place(services, *told)
    tables.tables["Placements"].clear()
    counts = place(services, *told)
    assert (counts.created, counts.linked) == (0, 0)
    assert len(all_customers(services)) == 2
    assert customer_of(services, "1").customer_id == linked


def test_store_that_fails_midway_is_finished_by_the_next_run():
    told = [company("1", "Contoso", "contoso.com"), company("2", "Fabrikam"), company("3", "Woodgrove")]
    expected = picture(*run_alone(told))
    fresh = build(MemoryTables())
    customer_with(fresh, TENANT_A, "Kunde", "contoso.com")
    fresh.customers.find_or_create(MSP, "Fabrikam AG", NOW)
    for allowed in range(40):
        with suppress(InterruptedError):
            place(build(DyingTables(fresh.tables, allowed)), *told)
            break
    assert picture(fresh, told) == expected


def build(tables: Any) -> Services:
    return build_services(Settings.from_env(ENVIRONMENT), tables=tables, clock=FakeClock())


def run_alone(told: list[Company]) -> tuple[Services, list[Company]]:
    services = build(MemoryTables())
    customer_with(services, TENANT_A, "Kunde", "contoso.com")
    services.customers.find_or_create(MSP, "Fabrikam AG", NOW)
    place(services, *told)
    return services, told


def picture(services: Services, told: list[Company]) -> Any:
    """What counts in the end: who is whom, by names, and what is left to decide."""
    names = {customer.customer_id: customer.name for customer in services.customers.all(MSP)}
    placed = {}
    for item in told:
        placement = services.placements.read(MSP, HALO, item.external_id)
        placed[item.external_id] = (names.get(placement.customer_id, ""), placement.rule) if placement else ()
    asked = {
        item.external_id: (item.ambiguity, [(names[c.customer_id], c.score) for c in item.read_candidates()])
        for item in suggestions(services)
    }
    references = {
        customer.name: sorted(item.external_id for item in customer.read_references())
        for customer in services.customers.all(MSP)
    }
    return placed, asked, references


DOMAINS = ("a.com", "b.com", "c.com", "gmail.com")
TENANTS = (TENANT_A, TENANT_B)
COMPANIES = st.lists(
    st.builds(
        lambda name, domains, tenants: (name, tuple(dict.fromkeys(domains)), tuple(dict.fromkeys(tenants))),
        st.sampled_from(["Contoso", "Fabrikam", "Woodgrove", "Kunde A", "Kunde B"]),
        st.lists(st.sampled_from(DOMAINS), max_size=2),
        st.lists(st.sampled_from(TENANTS), max_size=2),
    ),
    min_size=1,
    max_size=6,
).map(
    lambda rows: [
        Company(external_id=str(number), name=f"{name} {number}", domains=domains, entra_tenant_ids=tenants)
        for number, (name, domains, tenants) in zip(count(), rows, strict=False)
    ]
)
STEADY: dict[str, Any] = {"deadline": None, "database": None, "derandomize": True}


def two_customers() -> Services:
    services = build(MemoryTables())
    customer_with(services, TENANT_A, "Kunde A", "a.com", "c.com")
    customer_with(services, TENANT_B, "Kunde B", "b.com", "gmail.com")
    return services


@hypothesis.settings(max_examples=150, **STEADY)
@hypothesis.given(told=COMPANIES, data=st.data())
def test_order_and_slices_do_not_matter(told: list[Company], data: st.DataObject):
    at_once = two_customers()
    place(at_once, *told)
    shuffled = data.draw(st.permutations(told))
    cut = data.draw(st.integers(0, len(told)))
    in_slices = two_customers()
    for part in (shuffled[:cut], shuffled[cut:]):
        place(in_slices, *part)
    assert links(in_slices, told) == links(at_once, told)


def links(services: Services, told: list[Company]) -> dict[str, str]:
    placed, _, _ = picture(services, told)
    return {key: name for key, (name, rule) in placed.items() if rule != Rule.MADE}


@hypothesis.settings(max_examples=150, **STEADY)
@hypothesis.given(told=COMPANIES)
def test_a_link_by_rule_is_exact_and_of_one_company(told: list[Company]):
    services = two_customers()
    counts = place(services, *told)
    assert counts.created + counts.linked == len(told)
    owned = {"Kunde A": ({TENANT_A}, {"a.com", "c.com"}), "Kunde B": ({TENANT_B}, {"b.com"})}
    by_id = {item.external_id: item for item in told}
    linked = links(services, told)
    assert len(set(linked.values())) == len(linked)
    for key, name in linked.items():
        tenants, domains = owned[name]
        item = by_id[key]
        assert tenants & {*item.entra_tenant_ids} or domains & {*item.domains}
    for customer in services.customers.all(MSP):
        assert len(customer.read_references()) == (0 if customer.name in owned.keys() - {*linked.values()} else 1)


@hypothesis.settings(max_examples=60, **STEADY)
@hypothesis.given(told=COMPANIES)
def test_what_a_person_has_chosen_stays(told: list[Company]):
    services = two_customers()
    chosen = customer_of_name(services, "Kunde B")
    person = {"customer_id": chosen.customer_id, "rule": Rule.PERSON}
    services.placements.change(MSP, HALO, "0", lambda known: replace(known, **person))  # type: ignore[arg-type]
    place(services, *told)
    place(services, *told)
    assert customer_of(services, "0").customer_id == chosen.customer_id


def test_choice_made_while_the_sync_works_wins(
    services: Services, tables: MemoryTables, monkeypatch: pytest.MonkeyPatch
):
    place(services, company("1", "Contoso"), company("2", "Other"))
    chosen = services.customers.find_or_create(MSP, "Chosen", NOW).customer_id
    read_all = services.placements.read_all

    def read_then_choose(msp_id: str, provider: str) -> Any:
        found = read_all(msp_id, provider)
        services.placements.change(
            MSP, HALO, "1", lambda known: replace(known, customer_id=chosen, rule=Rule.PERSON).refusing("x")
        )
        return found

    monkeypatch.setattr(type(services.placements), "read_all", lambda self, *key: read_then_choose(*key))
    place(services, company("1", "Contoso", "new.example"))
    monkeypatch.undo()
    placement = services.placements.read(MSP, HALO, "1")
    assert placement
    assert (placement.customer_id, placement.rule, placement.refused) == (chosen, Rule.PERSON, "x")
    assert placement.domains == "new.example"


def test_person_and_psa_change_one_customer_at_the_same_moment(
    services: Services, tables: MemoryTables, monkeypatch: pytest.MonkeyPatch
):
    place(services, company("1", "Contoso"))
    customer_id = customer_of(services).customer_id
    replace_row, done = tables.replace, []

    def replace_second(table: str, row: Any, etag: str) -> str:
        if table == "Customers" and not done:
            done.append(1)
            services.customers.change(MSP, customer_id, lambda known: replace(known, name="Mine", edited="name"))
        return replace_row(table, row, etag)

    monkeypatch.setattr(tables, "replace", replace_second)
    place(services, company("1", "Renamed", "contoso.com"))
    assert (customer_of(services).name, customer_of(services).domains) == ("Mine", "contoso.com")


def test_wide_names_and_many_domains_are_cut(services: Services):
    place(services, company("1", "x " * 5_000_000, *(f"{number}.com" for number in range(5000))))
    customer = customer_of(services)
    assert len(customer.name) <= 200
    assert len(customer.domains.split()) == 10


def test_suggestions_for_a_tenant_are_ranked_and_say_why(services: Services):
    place(services, company("1", "Contoso", "contoso.com", entra_tenant_ids=(TENANT_A,)), company("2", "Contosso AG"))
    by_domain = suggest_customers("Contoso.com", MSP, services)
    assert [[reason.reason for reason in item.reasons] for item in by_domain] == [["domain", "name"], ["name"]]
    (by_id,) = suggest_customers(TENANT_A, MSP, services)
    assert by_id.reasons[0].reason == "tenant_id"
    assert suggest_customers(TENANT_A, OTHER_MSP, services) == []


def test_certain_customer_of_a_tenant_is_one_or_none(services: Services):
    place(services, company("1", "Contoso", "contoso.com"), company("2", "Fabrikam", "shared.com"))
    place(services, company("9", "Fabrikam West", "shared.com"), provider=CONNECTWISE)
    matcher = TenantMatcher(MSP, services)
    assert [matcher.name_of(key) for key in matcher.find_exact("", "contoso.com")] == ["Contoso"]
    found = [len(matcher.find_exact("", name)) for name in ("shared.com", "unknown.com", "contoso.net")]
    assert found == [2, 0, 0]


def test_five_thousand_companies_take_a_moment(services: Services):
    parts = ("ba", "con", "fabri", "gra", "kam", "lo", "mer", "nor", "pol", "so", "ti", "wood")
    names = [" ".join(("".join(word), "GmbH")).title() for word in product(parts, repeat=4)][:5000]
    for name in names[::20]:
        services.customers.find_or_create(MSP, name.replace("Gmbh", "AG"), NOW)
    told = [company(str(number), name, f"c{number}.example") for number, name in enumerate(names)]
    created = place(services, *told)
    assert (created.created, created.suggested > 250) == (5000, True)
    assert place(services, *told).unchanged == 5000
    assert place(services, *told[:1000], provider=CONNECTWISE).suggested == 1000
