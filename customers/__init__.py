"""customers: an MSP's customers, their companies in its PSAs, and which company may be which customer."""

from customers.routes import blueprint

__all__ = ["blueprint"]
