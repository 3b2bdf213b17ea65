"""A simulator of Microsoft's sign-in service and Graph, strict where Microsoft is, for tenants of any size."""
