"""Fakes that behave: a store, a clock, and Microsoft. Each is held against the real thing by a contract test."""
