"""What goes to Azure: everything the app needs, nothing it does not, and the same bytes each time."""

import zipfile
from pathlib import Path

import dev
from devstack import package

APP = {"function_app.py", "host.json", "requirements.txt", "openapi.yaml", *dev.APP_PACKAGES}


def test_package_holds_the_app_and_nothing_of_the_workshop():
    tops = {path.parts[0] for path in package.app_files()}
    assert tops >= APP
    assert tops - APP <= {".funcignore", "LICENSE"}
    assert Path("tenantsync/microsoft_codes.toml") in package.app_files()


def test_zip_is_the_same_each_time_and_can_be_read_by_everybody(tmp_path: Path):
    for name in ("a.zip", "b.zip"):
        package.write_zip(tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == [path.as_posix() for path in package.app_files()]
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o644}


def test_wrong_call_is_told_apart():
    assert package.main([]) == 2
