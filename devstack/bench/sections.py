"""Sections of docs/performance.md that commands of their own write, between marks."""

from collections.abc import Sequence


def replace_section(page: str, name: str, title: str, lines: Sequence[str]) -> str:
    """The page with a section made anew, at the end if it had none of that name."""
    begin, end = _marks(name)
    section = "\n".join([begin, f"## {title}", "", *lines, end])
    before, found, rest = page.partition(begin)
    after = rest.partition(end)[2] if found else "\n"
    return f"{before if found else page.rstrip() + chr(10) * 2}{section}{after}"


def carry_section(old: str, page: str, name: str) -> str:
    """A page made anew, with the section the old one had."""
    begin, end = _marks(name)
    _, found, rest = old.partition(begin)
    section = f"\n{begin}{rest.partition(end)[0]}{end}\n" if found else ""
    return page + section


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- {name} -->", f"<!-- /{name} -->"
