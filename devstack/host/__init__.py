"""A local Azure Functions host: runs the unchanged app in this process, orchestrations kept in SQLite.

It behaves as the Functions host with the Durable extension does towards azure-functions-durable 1.x, and is stricter
where the real one would hang or go on silently. A development tool: production runs on the real host.
"""
