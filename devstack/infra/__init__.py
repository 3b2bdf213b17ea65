"""Checks infra/ without any Azure tool. It does not know the types of resources: `az bicep build` does."""
