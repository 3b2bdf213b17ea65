"""Who is who: tenants at Microsoft, our own tokens, the consenting admin, and the portal's callers."""
