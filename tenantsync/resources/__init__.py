"""What is synced: one declaration a file, listed in `registry`."""
