"""Where a list of tenants comes from when nobody types it."""

from collections.abc import Iterable

from connect_batches.request import PartnerCustomer
from tenantsync.errors import RequestError
from tenantsync.services import Services


def list_gdap_customers(services: Services, msp_id: str) -> Iterable[PartnerCustomer]:  # noqa: ARG001
    """The MSP's customers with an active GDAP relationship."""
    raise RequestError("access_model_unsupported", "GDAP customers are not available yet.")
