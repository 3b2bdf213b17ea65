"""The Functions app: registers every blueprint and does nothing else."""

import azure.durable_functions as df
import azure.functions as func

import activities
import audit_trail
import callback
import connect
import connect_batches
import customers
import dap
import guidance
import invitations
import me
import ops
import orchestrators
import permissions
import psa_connections
import relationships
import sync_status
import tenants
import timers
import transfers
import webhooks

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

for package in (connect, connect_batches, invitations, callback, sync_status, tenants, customers, permissions):
    app.register_functions(package.blueprint)
for package in (transfers, webhooks, audit_trail, relationships, dap, guidance, me, ops):
    app.register_functions(package.blueprint)
for package in (psa_connections, orchestrators, activities, timers):
    app.register_functions(package.blueprint)
