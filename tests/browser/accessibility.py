"""axe-core on an open page."""

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

AXE: Final = Path(__file__).parents[2] / "portal/node_modules/axe-core/axe.min.js"
_RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
_REFUSED: Final = ("serious", "critical")
_RUN: Final = "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"


def assert_accessible(page: Page) -> None:
    """No serious or critical violation of WCAG 2.0 to 2.2, A and AA; the failure lists each with its elements."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    violations = page.evaluate(_RUN, list(_RULES))["violations"]
    found = [_describe(violation) for violation in violations if violation["impact"] in _REFUSED]
    assert not found, f"{page.url}\n" + "\n".join(found)


_STICKING_OUT = """() => [...document.querySelectorAll('main .card')].flatMap(card => {
  const cuts = element => getComputedStyle(element).overflowX !== 'visible';
  const isCut = element => element !== card && (cuts(element) || isCut(element.parentElement));
  const edge = card.getBoundingClientRect().right + 1;
  return [...card.querySelectorAll('*')]
    .filter(element => element.getBoundingClientRect().right > edge && !isCut(element))
    .map(element => element.cloneNode().outerHTML);
})"""


def assert_fits(page: Page) -> None:
    """Nothing on the page has to be scrolled sideways to, or sticks out of the card it is in."""
    found = page.evaluate(_STICKING_OUT)
    assert not found, f"{page.url}: {', '.join(found)}"
    wide, there = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= there, f"{page.url} is {wide} px wide, {there} are there"


def _describe(violation: dict[str, Any]) -> str:
    elements = [f"    {node['html']}\n      {node['failureSummary']}" for node in violation["nodes"]]
    return "\n".join([f"  {violation['impact']}: {violation['help']} ({violation['id']})", *elements])
