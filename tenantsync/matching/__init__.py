"""Which customer a company of a PSA or a tenant belongs to."""
