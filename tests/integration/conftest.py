"""A real Azurite for the tests of the store."""

from collections.abc import Iterator

import pytest

from devstack.storage import Storage, start_storage


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """One Azurite for the session."""
    storage = start_storage(tmp_path_factory.mktemp("azurite"))
    yield storage
    storage.stop()
