"""What must hold of every resource: versions, identities instead of keys, TLS, roles, who may reach it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tree_sitter import Node

from devstack.infra.bicep import Declaration, Expression, Template, at, literal, text, walk

_PRIVATE: Final = {
    "properties.publicNetworkAccess": Expression("isPrivate ? 'Disabled' : 'Enabled'"),
    "properties.networkAcls.defaultAction": Expression("isPrivate ? 'Deny' : 'Allow'"),
}
_WANTED: Final[Mapping[str, Mapping[str, object]]] = {
    "Microsoft.Storage/storageAccounts": {
        "kind": "StorageV2",
        "properties.allowSharedKeyAccess": False,
        "properties.allowBlobPublicAccess": False,
        "properties.minimumTlsVersion": "TLS1_2",
        "properties.supportsHttpsTrafficOnly": True,
        **_PRIVATE,
    },
    "Microsoft.KeyVault/vaults": {
        "properties.sku.family": "A",
        "properties.enableRbacAuthorization": True,
        "properties.enablePurgeProtection": True,
        "properties.softDeleteRetentionInDays": 90,
        **_PRIVATE,
    },
    "Microsoft.Web/serverfarms": {
        "kind": "functionapp",
        "sku.name": "FC1",
        "sku.tier": "FlexConsumption",
        "properties.reserved": True,
    },
    "Microsoft.Web/sites": {
        "kind": "functionapp,linux",
        "identity.type": "UserAssigned",
        "properties.serverFarmId": Expression("plan.id"),
        "properties.keyVaultReferenceIdentity": Expression("identityId"),
        "properties.httpsOnly": True,
        "properties.siteConfig.minTlsVersion": "1.2",
        "properties.siteConfig.ftpsState": "Disabled",
        "properties.siteConfig.cors.allowedOrigins": Expression("corsOrigins"),
        "properties.siteConfig.cors.supportCredentials": False,
        "properties.functionAppConfig.runtime.name": "python",
        "properties.functionAppConfig.runtime.version": "3.12",
        "properties.functionAppConfig.deployment.storage.type": "blobContainer",
        "properties.functionAppConfig.deployment.storage.authentication.type": "UserAssignedIdentity",
        "properties.functionAppConfig.deployment.storage.authentication.userAssignedIdentityResourceId": Expression(
            "identityId"
        ),
        "properties.functionAppConfig.scaleAndConcurrency.alwaysReady": [
            {"name": "durable", "instanceCount": Expression("durableInstances")}
        ],
    },
    "Microsoft.Authorization/roleAssignments": {
        "properties.principalId": Expression("principalId"),
        "properties.principalType": "ServicePrincipal",
    },
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": {"properties.allow": False},
    "Microsoft.Insights/components": {"properties.DisableLocalAuth": True},
    "Microsoft.OperationalInsights/workspaces": {"properties.features.disableLocalAuth": True},
    "Microsoft.Graph/applications/federatedIdentityCredentials": {
        "issuer": Expression("'${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'"),
        "subject": Expression("identityPrincipalId"),
        "audiences": ["api://AzureADTokenExchange"],
    },
    "Microsoft.Graph/applications": {"signInAudience": "AzureADMultipleOrgs"},
    "Microsoft.Web/staticSites": {"sku.name": "Standard", "sku.tier": "Standard"},
    "Microsoft.DurableTask/schedulers": {"properties.sku.name": "Consumption"},
    "Microsoft.Consumption/budgets": {"properties.category": "Cost", "properties.timeGrain": "Monthly"},
    "Microsoft.Insights/scheduledQueryRules": {
        "properties.enabled": True,
        "properties.evaluationFrequency": "PT5M",
        "properties.scopes": [Expression("workspaceId")],
        "properties.actions.actionGroups": Expression(
            "union(ownActionGroupIds, empty(otherActionGroupId) ? [] : [otherActionGroupId])"
        ),
    },
    "Microsoft.Insights/actionGroups": {"properties.groupShortName": "OpsPilot365"},  # twelve characters at most
    "Microsoft.Network/virtualNetworks": {
        "properties.subnets.0.properties.delegations.0.properties.serviceName": "Microsoft.App/environments",
    },
    "Microsoft.Network/privateEndpoints": {
        "properties.privateLinkServiceConnections.0.properties.groupIds": [Expression("endpoint.service")],
    },
}
_WANTED_OF: Final[Mapping[str, Mapping[str, object]]] = {
    "connector": {
        "web.redirectUris": [Expression("callbackUrl")],
        "requiredResourceAccess.0.resourceAppId": "00000003-0000-0000-c000-000000000000",  # Microsoft Graph
        "requiredResourceAccess.0.resourceAccess": Expression(
            "concat( map(items(applicationPermissions), permission => { id: permission.value, type: 'Role' }),"
            " map(items(delegatedPermissions), permission => { id: permission.value, type: 'Scope' }) )"
        ),
    },
    "portal": {"spa.redirectUris": [Expression("'${portalUrl}/'")]},
    "api": {
        "web.redirectUris": [Expression("'${portalUrl}/'")],
        "api.requestedAccessTokenVersion": 2,
        "api.oauth2PermissionScopes.0.value": "access_as_user",
        "api.preAuthorizedApplications.0.appId": Expression("portal.appId"),
        "api.preAuthorizedApplications.0.delegatedPermissionIds": [Expression("apiScopeId")],
    },
}
"""By the name of an app registration."""
_VALUES: Final[Mapping[str, object]] = {
    "tags": {"azd-env-name": Expression("environmentName")},
    "storageZones": Expression(
        "map(['blob', 'queue', 'table'], service => 'privatelink.${service}.${environment().suffixes.storage}')"
    ),
    "vaultZone": "privatelink.vaultcore.azure.net",
    "endpoints": [
        {"service": service, "of": of, "resourceId": Expression(resource), "zone": Expression(zone)}
        for service, of, resource, zone in (
            ("blob", "host", "hostAccountId", "storageZones[0]"),
            ("queue", "host", "hostAccountId", "storageZones[1]"),
            ("table", "host", "hostAccountId", "storageZones[2]"),
            ("table", "data", "dataAccountId", "storageZones[2]"),
            ("vault", "secrets", "vaultId", "vaultZone"),
        )
    ],
    "tablesEndpoint": Expression("dataAccount.properties.primaryEndpoints.table"),
    "hostAccountName": Expression("hostAccount.name"),
}
"""Of variables and outputs, by name."""
_IDENTITY_PARAMS: Final = ("principalId", "identityPrincipalId")
_IDENTITY: Final = "identity.outputs.principalId"
_ROLES: Final = {
    "hostAccount": {
        "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",  # Storage Blob Data Owner
        "974c5e8b-45b9-4653-ba55-5f855dd0fb88",  # Storage Queue Data Contributor
        "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",  # Storage Table Data Contributor
    },
    "dataAccount": {"0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"},
    "vault": {"b86a8fe4-44ce-4948-aee5-eccb2c155cd7"},  # Key Vault Secrets Officer
    "component": {"3913510d-42f4-4e42-8a64-420c390055eb"},  # Monitoring Metrics Publisher
    "scheduler": {"0ad04412-c4d5-4796-b79c-f76d14c8d402"},  # Durable Task Data Contributor
}
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NOT_ON_FLEX: Final = ("FUNCTIONS_WORKER_RUNTIME", "WEBSITE_RUN_FROM_PACKAGE", "WEBSITE_CONTENT", "linuxFxVersion")
_SECRET: Final = re.compile(r"secret|password|key(?!_?vault)|token$", re.IGNORECASE)
_READS_SECRETS: Final = re.compile(r"^(list[A-Z]\w*|getSecret)$")


def check_policies(templates: Mapping[Path, Template]) -> Iterator[tuple[Path, int, str]]:
    """Path, line and complaint for everything that is not as it must be."""
    granted: dict[str, set[str]] = {}
    for path, template in templates.items():
        for resource in template.of("resource").values():
            yield from ((path, resource.line, said) for said in _check_resource(template, resource))
            if resource.target.startswith("Microsoft.Authorization/roleAssignments@"):
                yield from ((path, resource.line, said) for said in _check_role_name(resource))
                granted.setdefault(str(at(resource.body, "scope")), set()).update(_role_ids(template, resource))
        yield from ((path, line, said) for line, said in _check_values(template))
        yield from ((path, line, said) for line, said in _check_secrets(template))
        yield from ((path, line, said) for line, said in _check_given(template))
    for scope in sorted(granted.keys() | _ROLES):
        if granted.get(scope) != _ROLES.get(scope):
            needed, found = sorted(_ROLES.get(scope, ())), sorted(granted.get(scope, ()))
            yield next(iter(templates)).parent, 0, f"roles on {scope} must be exactly {needed}, not {found}"


def _check_resource(template: Template, resource: Declaration) -> Iterator[str]:
    kind = resource.target.partition("@")[0]
    if kind == "Microsoft.Network/privateEndpoints" and "batchSize" not in resource.decorators:
        yield f"{resource.name}: must be made one at a time, by @batchSize(1): an account refuses several at once"
    by_name = _WANTED_OF.get(resource.name, {}) if kind == "Microsoft.Graph/applications" else {}
    for path, wanted in {**_WANTED.get(kind, {}), **by_name}.items():
        found = _found(template, resource.body, path)
        if found != wanted or type(found) is not type(wanted):
            yield f"{resource.name}: {path} must be {wanted!r}, not {found!r}"


def _found(template: Template, body: object, path: str) -> object:
    """What is at a path, where variables stand for what they are."""
    for key in path.split("."):
        body = at(template.settled(body), key)
    return template.settled(body)


def _check_role_name(assignment: Declaration) -> Iterator[str]:
    begins = f"guid({at(assignment.body, 'scope')}.id, principalId, "
    if not str(at(assignment.body, "name")).startswith(begins):
        yield f"{assignment.name}: name must begin {begins!r}, or two assignments get the same one"


def _check_values(template: Template) -> Iterator[tuple[int, str]]:
    for item in template.declarations:
        if item.kind not in ("var", "output") or item.value is None or item.name not in _VALUES:
            continue
        found, wanted = literal(item.value), _VALUES[item.name]
        if found != wanted:
            yield item.line, f"{item.kind} {item.name} must be {wanted!r}, not {found!r}"


def _role_ids(template: Template, assignment: Declaration) -> Iterator[str]:
    for node in walk(assignment.node):
        value = template.settled(literal(node)) if node.type == "identifier" else literal(node)
        if isinstance(value, str) and _GUID.fullmatch(value):
            yield value


def _check_secrets(template: Template) -> Iterator[tuple[int, str]]:
    for node in template.nodes:
        if said := _forbidden(node):
            yield node.start_point.row + 1, said
    for output in template.of("output").values():
        if _SECRET.search(output.name):
            yield output.line, f"output {output.name} would show a secret to everybody who may see deployments"
    for param in template.of("param").values():
        if _SECRET.search(param.name) and "secure" not in param.decorators:
            yield param.line, f"param {param.name} looks like a secret and is not @secure()"


def _forbidden(node: Node) -> str:
    """Why a call, a string or a property may not be there; empty when it may."""
    source, first = text(node), text(node.named_children[0]).strip("'") if node.named_children else ""
    if node.type == "call_expression" and _READS_SECRETS.match(first.split(".")[-1]):
        return f"{first}() reads a secret: use the identity"
    if node.type == "string" and (source == "'*'" or "AccountKey=" in source):
        return f"{source[:40]} opens what must stay closed"
    if node.type == "object_property" and first.startswith(_NOT_ON_FLEX):
        return f"{first} is not a setting of Flex Consumption"
    return ""


def _check_given(template: Template) -> Iterator[tuple[int, str]]:
    for module in template.of("module").values():
        for param in _IDENTITY_PARAMS:
            if at(module.body, f"params.{param}") not in (None, _IDENTITY):
                yield (
                    module.line,
                    f"module {module.name}: {param} must be {_IDENTITY}, the object id of the one identity",
                )
