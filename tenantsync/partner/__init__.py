"""Delegated administration (GDAP, DAP) of customers, managed in the MSP's own tenant."""
