"""Connects Microsoft 365 tenants and copies their inventory; knows nothing of the Functions runtime."""
