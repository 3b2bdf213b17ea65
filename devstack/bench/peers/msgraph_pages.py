"""Microsoft's SDK pulling the users with its PageIterator; nothing is stored."""

import asyncio
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from azure.core.credentials import AccessToken
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core import GraphClientFactory
from msgraph_core.tasks.page_iterator import PageIterator

from devstack.bench.measure import Listing, report


class _GivenToken:
    """The token the bench was given, as azure-core's credentials show theirs."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken(self._token, int(time.time()) + 3600)


async def pull(listing: Listing) -> int:
    """The users' number, two properties of each having been looked at."""
    address = urlsplit(listing.url)
    host = address.hostname or ""
    trusted = httpx.AsyncClient(verify=listing.ca_bundle, timeout=60)
    http = GraphClientFactory.create_with_default_middleware(client=trusted)
    provider = AzureIdentityAuthenticationProvider(_GivenToken(listing.token), scopes=["x"], allowed_hosts=[host])
    adapter = GraphRequestAdapter(provider, http)
    adapter.base_url = f"{address.scheme}://{address.netloc}/v1.0"
    client = GraphServiceClient(request_adapter=adapter)
    options = parse_qs(address.query)
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
        top=int(options["$top"][0]), select=options["$select"][0].split(",")
    )
    wanted = UsersRequestBuilder.UsersRequestBuilderGetRequestConfiguration(query_parameters=query)
    first: Any = await client.users.get(request_configuration=wanted)
    number = 0

    def count(user: Any) -> bool:
        nonlocal number
        number += bool(user.id and user.user_principal_name)
        return True

    await PageIterator(first, adapter).iterate(count)
    return number


if __name__ == "__main__":
    asked = Listing.from_environment()
    report(lambda: asyncio.run(pull(asked)))
