"""Microsoft Graph: one request, one page, one failure at a time. No retries here: those belong to the engine."""
