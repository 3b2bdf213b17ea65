"""The chart docs/performance.svg: bars drawn by hand, in colours for light and dark pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from devstack.bench.ratios import cost_of
from devstack.bench.results import BARE, COMPARED, MSGRAPH, PULL, ROADRECON, STORE, Findings, page_floor

_WIDTH: Final = 800
_LABELS: Final = 300
_BARS: Final = 410
_BAR: Final = 20
_STEP: Final = 30
_CLIP: Final = 1.25
"""A bar longer than this many of the second longest is cut, and says so."""
_STYLE: Final = """
svg { font: 13px system-ui, sans-serif; } text { fill: #24292f; } .title { font-weight: 600; font-size: 14px; }
.ours { fill: #0969da; } .other { fill: #8c959f; } .floor { fill: none; stroke: #8c959f; stroke-dasharray: 4 3; }
.cut { stroke: #ffffff; stroke-width: 3; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .ours { fill: #58a6ff; } .other { fill: #6e7681; } .floor { stroke: #8b949e; }
  .cut { stroke: #0d1117; }
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: `kind` is the style's class, ours, other or floor."""

    label: str
    value: float
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Bars of one unit under a title."""

    title: str
    unit: str
    bars: Sequence[Bar]

    @property
    def height(self) -> int:
        return 38 + len(self.bars) * _STEP


def panels_of(found: Findings) -> list[Panel]:
    """CPU of every subject at its largest size without latency, and seconds with latency beside their floor."""
    costs = [bar for name in (STORE, PULL, BARE, ROADRECON, MSGRAPH) for bar in _cost_bars(found, name)]
    panels = [Panel(title="CPU seconds for 100,000 users, pages without latency", unit="s", bars=costs)]
    slow = [row for row in found.rows if row.latency_ms and row.sample]
    if slow:
        most = max(row.users for row in slow)
        latency = slow[-1].latency_ms
        bars = [Bar(label="floor: latency of the pages", value=page_floor(most, latency), kind="floor")]
        bars += [
            Bar(label=row.subject, value=row.sample.seconds, kind=_kind(row.subject))
            for row in slow
            if row.users == most and row.sample
        ]
        panels.append(Panel(title=f"Seconds for {most:,} users at {latency} ms a page", unit="s", bars=bars))
    return panels


def _cost_bars(found: Findings, name: str) -> list[Bar]:
    sizes = [users for users in found.sizes(name) if users <= COMPARED]
    sample = found.sample(name, sizes[-1]) if sizes else None
    if sample is None:
        return []
    note = f" (at {sizes[-1]:,})" if sizes[-1] != COMPARED else ""
    return [Bar(label=name + note, value=cost_of(sample), kind=_kind(name))]


def _kind(subject: str) -> str:
    return "ours" if subject in (STORE, PULL) else "other"


def draw(panels: Sequence[Panel]) -> str:
    """The SVG's text."""
    height = sum(panel.height for panel in panels)
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="CPU and time of the subjects">',
        f"<style>{_STYLE}</style>",
    ]
    top = 0
    for panel in panels:
        parts += [f'<g transform="translate(0 {top})">', *_draw_panel(panel), "</g>"]
        top += panel.height
    return "\n".join([*parts, "</svg>"]) + "\n"


def _draw_panel(panel: Panel) -> list[str]:
    longest = _longest([bar.value for bar in panel.bars])
    lines = [f'<text class="title" x="8" y="20">{escape(panel.title)}</text>']
    for number, bar in enumerate(panel.bars):
        lines += _draw_bar(bar, 32 + number * _STEP, longest, panel.unit)
    return lines


def _longest(values: Sequence[float]) -> float:
    """The value a whole bar stands for: one that dwarfs the others is cut."""
    ranked = sorted(values, reverse=True)
    return min(ranked[0], ranked[1] * _CLIP) if len(ranked) > 1 else max(ranked, default=1.0)


def _draw_bar(bar: Bar, top: int, longest: float, unit: str) -> list[str]:
    width, baseline = _BARS * min(bar.value, longest) / longest, top + _BAR - 5
    lines = [
        f'<text x="{_LABELS - 8}" y="{baseline}" text-anchor="end">{escape(bar.label)}</text>',
        f'<rect class="{bar.kind}" x="{_LABELS}" y="{top}" width="{width:.1f}" height="{_BAR}" rx="2"/>',
        f'<text x="{_LABELS + width + 8:.1f}" y="{baseline}">{bar.value:.1f} {unit}</text>',
    ]
    if bar.value > longest:
        at = _LABELS + width - 24
        lines.append(f'<path class="cut" d="M{at:.0f} {top - 2} l8 {_BAR + 4}"/>')
    return lines
