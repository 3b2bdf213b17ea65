"""The budget counts every script that one page makes a browser fetch, and no other."""

import gzip
import random
from pathlib import Path

import pytest

from devstack.portal_size import main, measure


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    files = {
        "index.html": '<link href="/assets/s-A.css"><script type="module" src="/assets/portal-A.js"></script>',
        "connect.html": '<script type="module" src="/assets/landing-A.js"></script>',
        "assets/portal-A.js": 'import{a}from"./chunk-A.js";const b=()=>[import("./ops-A.js"),import("./tenants-A.js")]',
        "assets/chunk-A.js": 'export{a};import"./portal-A.js"',
        "assets/ops-A.js": 'import{a}from"./chunk-A.js";import"./table-A.js";c("./missing.js")',
        "assets/tenants-A.js": 'import{a}from"./chunk-A.js"',
        "assets/table-A.js": "table()",
        "assets/landing-A.js": "landing()",
        "assets/s-A.css": "body{}",
    }
    (tmp_path / "assets").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def weight(dist: Path, *names: str) -> int:
    return sum(len(gzip.compress((dist / "assets" / name).read_bytes(), 9, mtime=0)) for name in names)


def test_page_weighs_what_all_need_and_what_it_needs_itself(dist: Path):
    assert measure(dist) == {
        "ops-A.js": weight(dist, "portal-A.js", "chunk-A.js", "ops-A.js", "table-A.js"),
        "tenants-A.js": weight(dist, "portal-A.js", "chunk-A.js", "tenants-A.js"),
    }


def test_portal_without_lazy_pages_is_one_page(dist: Path):
    (dist / "assets/portal-A.js").write_text('import"./chunk-A.js"')
    assert measure(dist) == {"index.html": weight(dist, "portal-A.js", "chunk-A.js")}


def test_heavier_than_the_budget_fails_and_names_the_heaviest_first(dist: Path, capsys: pytest.CaptureFixture[str]):
    assert main(dist, budget_bytes=1500) == 0
    noise = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=3000))
    (dist / "assets/table-A.js").write_text(noise)
    capsys.readouterr()
    assert main(dist, budget_bytes=1500) == 1
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].endswith("ops-A.js")
    assert "2 KB are allowed" in shown[-1]


def test_page_without_scripts_is_no_success(dist: Path):
    (dist / "index.html").write_text("<p>nothing was built")
    assert main(dist) == 1
