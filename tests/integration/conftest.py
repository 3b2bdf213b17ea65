"""The table services the store's suites run on: a real Azurite, and the one for large runs."""

from collections.abc import Iterator

import pytest

from devstack.storage import Storage, start_storage


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """One Azurite for the session."""
    storage = start_storage(tmp_path_factory.mktemp("azurite"))
    yield storage
    storage.stop()


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """One table service for large runs."""
    storage = start_storage(tmp_path_factory.mktemp("large"), is_large=True)
    yield storage
    storage.stop()


@pytest.fixture(params=["azurite", "large"])
def storage(request: pytest.FixtureRequest) -> Storage:
    """Each of them."""
    found: Storage = request.getfixturevalue(request.param)
    return found
