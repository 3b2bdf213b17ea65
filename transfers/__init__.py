"""transfers: a tenant changes hands between two MSPs."""

from transfers.routes import blueprint

__all__ = ["blueprint"]
