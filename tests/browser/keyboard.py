"""A person without a mouse."""

from typing import Final

from playwright.sync_api import Locator, Page, expect

_MOST_STEPS: Final = 40
_IS_FOCUSED: Final = "element => element === document.activeElement"
_SHOWS_FOCUS: Final = """element => {
  const ring = getComputedStyle(element);
  return element.matches(':focus-visible') && (ring.outlineStyle !== 'none' || ring.boxShadow !== 'none');
}"""


def go_to(page: Page, target: Locator) -> None:
    """Tabs forward until the target has the focus, and sees at every stop where it is."""
    expect(target).to_be_visible()
    passed: list[str] = []
    while not target.evaluate(_IS_FOCUSED):
        page.keyboard.press("Tab")
        stop = page.locator("*:focus")
        passed.append(stop.evaluate("element => element.outerHTML.slice(0, 120)") if stop.count() else "the browser")
        assert len(passed) <= _MOST_STEPS, "\n".join(passed)
    assert target.evaluate(_SHOWS_FOCUS), f"focus is not seen on {target}"


def press(page: Page, target: Locator) -> None:
    """Goes to a button or a link and presses Enter."""
    go_to(page, target)
    page.keyboard.press("Enter")
