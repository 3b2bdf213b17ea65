"""What may be released: a tag, a version and a dated section of the changelog that agree."""

import json
import tomllib
import zipfile
from pathlib import Path

import pytest

from devstack import package, release

CHANGELOG = "# Changelog\n\n## [0.2.0] - 2026-12-01\n\n### Added\n\n- Two.\n\n## [0.1.0] - unreleased\n\n- One.\n"


def test_notes_are_the_versions_own_section():
    assert release.find_notes("v0.2.0", "0.2.0", CHANGELOG) == "### Added\n\n- Two.\n"


@pytest.mark.parametrize(
    ("tag", "version", "complaint"),
    [
        ("v0.3.0", "0.2.0", "The tag is v0.3.0, pyproject.toml says 0.2.0"),
        ("v0.1.0", "0.1.0", "no section '## [0.1.0] - <date>'"),
        ("v0.3.0", "0.3.0", "no section '## [0.3.0] - <date>'"),
    ],
)
def test_what_does_not_agree_is_not_released(tag: str, version: str, complaint: str):
    with pytest.raises(release.ReleaseError) as refusal:
        release.find_notes(tag, version, CHANGELOG)
    assert complaint in str(refusal.value)


def test_release_needs_its_own_package_kept(tmp_path: Path):
    kept = tmp_path / "app.zip"
    with pytest.raises(release.ReleaseError, match=r"python3 -m tests\.releases\.keep"):
        release.check_kept(kept)
    package.write_zip(kept)
    release.check_kept(kept)
    with zipfile.ZipFile(kept, "a") as archive:
        archive.writestr("more.py", "")
    with pytest.raises(release.ReleaseError):
        release.check_kept(kept)


def test_changelog_has_a_section_of_this_version():
    assert f"\n## [{release.read_version()}] - " in (release.ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("package", ["portal/package.json", "clients/typescript/package.json"])
def test_packages_of_node_have_the_same_version(package: str):
    assert json.loads((release.ROOT / package).read_text())["version"] == release.read_version()


def test_client_for_python_has_the_same_version():
    client = tomllib.loads((release.ROOT / "clients/python/pyproject.toml").read_text())
    assert client["project"]["version"] == release.read_version()


def test_refusal_is_an_exit_code_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    notes = tmp_path / "notes.md"
    assert release.main(["--check-tag", "v99.0.0", "--notes", str(notes)]) == 1
    assert "The tag is v99.0.0" in capsys.readouterr().err
    assert not notes.exists()
