"""The service desks MSPs live in: customers come from there, tickets go there."""
