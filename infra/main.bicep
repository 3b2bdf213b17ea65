targetScope = 'subscription'

@minLength(1)
@maxLength(64)
@description('Name of the environment; part of every resource name.')
param environmentName string

@description('Azure region.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Application (client) id of the multi-tenant app registration. Its federated credential trusts the identity made here.')
param clientId string

@description('Redirect address registered with the app.')
param callbackUrl string

@description('Where the consenting administrator lands, and the origin the portal calls from; empty means the address of the Static Web App made here.')
param portalUrl string = ''

@description('Application (client) id of the portal, a single-page application; only passed on to its config.json.')
param portalClientId string = ''

@allowed([
  'centralus'
  'eastus2'
  'eastasia'
  'westeurope'
  'westus2'
])
@description('Region of the Static Web App, which only some regions have; its files are served from everywhere.')
param portalLocation string = 'westeurope'

@description('Audience of the portal API tokens.')
param apiAudience string

@description('Comma-separated tenant ids of the MSPs.')
param allowedMspTenants string

@description('Tenant of the operator: refused as a customer.')
param homeTenantId string = ''

@description('Tenant whose Support and Ops reach all MSPs.')
param operatorTenantId string = ''

@description('App registration for unattended changes; empty leaves those operations out.')
param writeClientId string = ''

@allowed([
  '0'
  '1'
])
@description('1 while runs in flight end before an incompatible release: no sync begins. See docs/operations.md.')
param syncPaused string = '0'

@description('Resource id of the action group that is called when a run is stuck; empty shows the alert in the portal only.')
param alertActionGroupId string = ''

var resourceToken = toLower(uniqueString(subscription().id, environmentName, location))
var portalOrigin = empty(portalUrl) ? portal.outputs.url : portalUrl
var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'app/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: 'id-${resourceToken}'
    location: location
    tags: tags
  }
}

module storage 'app/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    hostAccountName: 'sthost${resourceToken}'
    dataAccountName: 'stdata${resourceToken}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
  }
}

module vault 'app/keyvault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    name: 'kv-${resourceToken}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
  }
}

module monitoring 'app/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: 'log-${resourceToken}'
    componentName: 'appi-${resourceToken}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    alertActionGroupId: alertActionGroupId
  }
}

module portal 'app/portal.bicep' = {
  name: 'portal'
  scope: group
  params: {
    name: 'stapp-${resourceToken}'
    location: portalLocation
    tags: tags
  }
}

module app 'app/function.bicep' = {
  name: 'app'
  scope: group
  params: {
    planName: 'plan-${resourceToken}'
    siteName: 'func-${resourceToken}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    hostAccountName: storage.outputs.hostAccountName
    deploymentContainer: storage.outputs.deploymentContainer
    tablesEndpoint: storage.outputs.tablesEndpoint
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    corsOrigins: [
      portalOrigin
    ]
    settings: {
      CLIENT_ID: clientId
      MANAGED_IDENTITY_CLIENT_ID: identity.outputs.clientId
      CALLBACK_URL: callbackUrl
      PORTAL_URL: portalOrigin
      API_AUDIENCE: apiAudience
      ALLOWED_MSP_TENANTS: allowedMspTenants
      HOME_TENANT_ID: homeTenantId
      OPERATOR_TENANT_ID: operatorTenantId
      WRITE_CLIENT_ID: writeClientId
      SYNC_PAUSED: syncPaused
      KEY_VAULT_URL: vault.outputs.url
      STATE_SIGNING_KEY: '@Microsoft.KeyVault(VaultName=${vault.outputs.name};SecretName=state-signing-key)'
      WEBHOOK_SIGNING_KEY: '@Microsoft.KeyVault(VaultName=${vault.outputs.name};SecretName=webhook-signing-key)'
      CONNECTWISE_CLIENT_ID: '@Microsoft.KeyVault(VaultName=${vault.outputs.name};SecretName=connectwise-client-id)'
      AUTOTASK_INTEGRATION_CODE: '@Microsoft.KeyVault(VaultName=${vault.outputs.name};SecretName=autotask-integration-code)'
    }
  }
}

output AZURE_LOCATION string = location
output AZURE_FUNCTION_NAME string = app.outputs.siteName
output API_URL string = app.outputs.url
output PORTAL_URL string = portalOrigin
output PORTAL_CLIENT_ID string = portalClientId
output AZURE_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output AZURE_KEY_VAULT_NAME string = vault.outputs.name
