"""The tables, the page and the chart."""

import sqlite3
from pathlib import Path
from xml.etree import ElementTree as ET

from devstack.bench.chart import Bar, Panel, draw, panels_of
from devstack.bench.host import read_histories
from devstack.bench.ratios import find_ratios
from devstack.bench.report import render, render_page
from devstack.bench.results import MSGRAPH, ROADRECON, STORE, Row, median, page_floor
from tests.unit.bench.findings import SAMPLE, findings

SVG = "{http://www.w3.org/2000/svg}"


def test_tables_say_what_was_found():
    found = findings()
    lines = render(found, find_ratios(found))
    assert "| 100,000 | 0 ms | ours: pull, map and store | 3 | 10.00 | 10,000 | 2.00 | 65 |" in lines
    assert "| 100,000 | 200 ms | floor: serial pages' latency | | 20.20 | 4,950 | | |" in lines
    assert "| 100,000 | 0 ms | floor: the table service's CPU | 3 | 6.00 | | 6.00 | |" in lines
    assert "| 100,000 | 600,000 | 10.0 | 60,000 | 0.33 | 80 | 3 | 170 | 42 |" in lines
    assert "| 100,000 | second | 100,000 | 3 | 0.10 | 2.00 |" in lines
    assert any("0.70 s" in line and "0.5% of a core" in line for line in lines)
    assert render_page(lines, "python3 dev.py bench").startswith("# Performance\n\nMade by `python3 dev.py bench`")


def test_what_is_missing_is_said_loudly():
    found = findings()
    found.rows.append(Row(users=5, latency_ms=0, subject=ROADRECON, runs=0, sample=None, note="no network"))
    lines = render(found, find_ratios(found))
    assert f"- MISSING: {ROADRECON} at 5 users no network" in lines
    assert f"| 5 | 0 ms | {ROADRECON} | 0 | missing: no network | | | |" in lines


def test_every_row_has_the_columns_of_its_head():
    found = findings()
    lines = render(found, find_ratios(found))
    heads = [number for number, line in enumerate(lines) if line.startswith("|---")]
    assert heads
    for head in heads:
        for line in lines[head - 1 :]:
            if not line.startswith("|"):
                break
            assert line.count("|") == lines[head].count("|"), line


def test_floor_counts_the_last_page_too():
    assert page_floor(999, 200) == 0.2
    assert page_floor(1000, 200) == 0.4


def test_median_is_each_numbers_own():
    samples = [
        SAMPLE,
        type(SAMPLE)(objects=100_000, seconds=1.0, cpu=9.0, peak=1.0),
        type(SAMPLE)(objects=100_000, seconds=30.0, cpu=1.0, peak=99.0),
    ]
    found = median(samples)
    assert (found.seconds, found.cpu, found.peak) == (10.0, 2.0, 65.0)


def test_chart_has_a_bar_for_every_subject_and_says_what_it_cuts():
    panels = panels_of(findings())
    assert panels[0].bars[0].label == STORE
    assert panels[0].bars[-1].label == f"{MSGRAPH} (at 10,000)"
    chart = ET.fromstring(draw(panels))
    rectangles = chart.findall(f".//{SVG}rect")
    assert len(rectangles) == sum(len(panel.bars) for panel in panels) == 10
    assert len(chart.findall(f".//{SVG}path")) == 1  # msgraph's
    width = float(chart.attrib["width"])
    assert all(float(item.attrib["x"]) + float(item.attrib["width"]) < width for item in rectangles)
    assert "300.0 s" in [text.text for text in chart.findall(f".//{SVG}text")]


def test_chart_bars_are_in_proportion_and_inside():
    bars = [Bar(label="a<b", value=2.0, kind="ours"), Bar(label="b", value=1.9, kind="other")]
    chart = ET.fromstring(draw([Panel(title="t & u", unit="s", bars=bars)]))
    longer, shorter = (float(rectangle.attrib["width"]) for rectangle in chart.findall(f".//{SVG}rect"))
    assert round(longer / shorter, 2) == round(2 / 1.9, 2)
    assert longer < float(chart.attrib["width"])


def test_histories_are_counted_by_generation(tmp_path: Path):
    path = tmp_path / "history.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE instances (id TEXT, name TEXT)")
        database.execute("CREATE TABLE history (instance_id TEXT, execution_id TEXT, position INTEGER, event TEXT)")
        database.execute("INSERT INTO instances VALUES ('users', 'sync_resource'), ('run', 'onboard_tenant')")
        kinds = {("users", "1"): [12, 0, 4, 13, 5, 10], ("users", "2"): [12, 4], ("run", "1"): [4] * 50}
        for (instance, execution), events in kinds.items():
            rows = [(instance, execution, number, f'{{"EventType": {kind}}}') for number, kind in enumerate(events)]
            database.executemany("INSERT INTO history VALUES (?, ?, ?, ?)", rows)
    database.close()
    assert read_histories(path) == (6, 2, 2)


def test_chart_labels_fit_before_their_bars():
    chart = ET.fromstring(draw(panels_of(findings())))
    labels = [text for text in chart.findall(f".//{SVG}text") if text.get("text-anchor") == "end"]
    assert all(len(text.text or "") * 7 < float(text.attrib["x"]) for text in labels)
