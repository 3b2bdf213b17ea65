"""Sections of docs/performance.md that commands of their own write, and that outlive a page made anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from devstack.stack import ROOT

PAGE: Final = ROOT / "docs/performance.md"


@dataclass(frozen=True, slots=True)
class Section:
    """Found again by its marks."""

    name: str
    title: str

    @property
    def marks(self) -> tuple[str, str]:
        return f"<!-- {self.name} -->", f"<!-- /{self.name} -->"


LARGE: Final = Section("large", "A million users")
FAIRNESS: Final = Section("fairness", "Small tenants beside a huge one")
PSA: Final = Section("psa", "Companies from a PSA")
CAPACITY: Final = Section("capacity", "Capacity and costs")


def replace_section(page: str, section: Section, lines: Sequence[str]) -> str:
    """The page with the section made anew, at the end if it had none."""
    begin, end = section.marks
    text = "\n".join([begin, f"## {section.title}", "", *lines, end])
    before, found, rest = page.partition(begin)
    after = rest.partition(end)[2] if found else "\n"
    return f"{before if found else page.rstrip() + chr(10) * 2}{text}{after}"


def carry_sections(old: str, page: str) -> str:
    """A page made anew, with the sections the old one had."""
    for section in (LARGE, FAIRNESS, PSA, CAPACITY):
        begin, end = section.marks
        _, found, rest = old.partition(begin)
        if found:
            page += f"\n{begin}{rest.partition(end)[0]}{end}\n"
    return page
