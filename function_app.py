"""The Functions app: registers every blueprint and does nothing else."""

import azure.durable_functions as df
import azure.functions as func

from activities import blueprint as activities
from callback import blueprint as callback
from connect import blueprint as connect
from ops import blueprint as ops
from orchestrators import blueprint as orchestrators
from sync_status import blueprint as sync_status
from tenants import blueprint as tenants

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

for blueprint in (connect, callback, sync_status, tenants, ops, orchestrators, activities):
    app.register_functions(blueprint)
