"""What a laptop needs to run the app unchanged: a Functions host, a Microsoft 365, a table store. Never deployed."""
