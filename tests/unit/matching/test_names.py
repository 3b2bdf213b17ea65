"""Names made comparable: accents, legal forms, punctuation; and domains that tell companies apart."""

from itertools import product

import pytest

from tenantsync.matching.names import NameIndex, business_name, fold, is_business_domain, likeness


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Müller & Söhne GmbH & Co. KG", "muller and sohne"),
        ("Novák s.r.o.", "novak"),
        ("THE  Ørsted A/S", "orsted"),
        ("O\u2019Brien Ltd.", "obrien"),
        ("AG", "ag"),
        ("Straße 7, Inc", "strasse 7"),
        ("日本電気株式会社", "日本電気株式会社"),
    ],
)
def test_business_name_drops_what_does_not_tell_companies_apart(written: str, compared: str):
    assert business_name(written) == compared


def test_fold_ignores_case_accents_and_spaces():
    assert fold("  ÉCOLE  Łódź ") == "ecole lodz"


def test_likeness_is_one_for_the_same_name_and_low_for_another():
    assert likeness("Contoso Ltd", "CONTOSO, Inc.") == 1.0
    assert likeness("Contoso", "Contosso") > 0.8
    assert likeness("Contoso", "Fabrikam") < 0.2
    assert likeness("", "Contoso") == 0.0


def test_index_finds_what_comparing_each_with_each_would():
    words = ["Contoso", "Kontoso", "Fabrikam", "Woodgrove", "Bank", "Haus", "Immobilien", "Nord", "S\u00fcd"]
    names = {f"{one} {other}": f"{one} {other} GmbH" for one in words for other in words}
    index = NameIndex(names)
    for least, asked in product((0.3, 0.6, 0.75, 1.0), (*names.values(), "Contoso", "Hausbank", "x", "")):
        expected = {key: likeness(name, asked) for key, name in names.items()}
        assert index.find(asked, least, 1000) == {key: found for key, found in expected.items() if found >= least}


def test_index_gives_the_likeliest_first_and_no_more_than_asked_for():
    index = NameIndex({"far": "Contoso Handel", "near": "Contosso", "same": "Contoso AG"})
    assert list(index.find("Contoso", 0.5, 2)) == ["same", "near"]


@pytest.mark.parametrize("domain", ["gmail.com", "contoso.onmicrosoft.com", "localhost", ""])
def test_domains_that_prove_nothing(domain: str):
    assert not is_business_domain(domain)
    assert is_business_domain("contoso.com")
