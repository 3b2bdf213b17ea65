"""A table service for large local runs: the part of Table Storage's protocol the app uses, on SQLite.

Azurite keeps everything in one document and ends at about half a million rows. The suites of tests/integration run
against both, so what the app sees is the same.
"""
