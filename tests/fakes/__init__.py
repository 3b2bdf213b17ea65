"""Fakes that behave: a store, a clock, Microsoft and the PSAs, held against what is known of the real ones."""
