metadata description = 'Everything OpsPilot365 Connect needs, in a resource group of its own.'
targetScope = 'subscription'

@minLength(1)
@maxLength(64)
@description('Name of the environment; part of every resource name.')
param environmentName string

@description('Azure region.')
@metadata({ azd: { type: 'location' } })
param location string

@allowed([
  'small'
  'medium'
  'large'
])
@description('Which of the files in sizes/ says how much of everything: small for some ten tenants, medium for a thousand, large for ten thousand.')
param size string = 'small'

@allowed([
  'yes'
  'no'
])
@description('yes makes the app registrations, too: whoever deploys must be allowed to, in the tenant of the subscription.')
param registerApps string = 'no'

@description('Application (client) id of the multi-tenant app registration, unless it is made here. Its federated credential trusts the identity made here.')
param clientId string = ''

@description('Redirect address registered with the app; empty means the one of the function app made here.')
param callbackUrl string = ''

@description('Where the consenting administrator lands, and the origin the portal calls from, without a slash at its end; empty means the address of the Static Web App made here.')
param portalUrl string = ''

@description('Application (client) id of the portal, a single-page application, unless it is made here; only passed on to its config.json.')
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

@description('Audience of the portal API tokens, unless its registration is made here.')
param apiAudience string = ''

@description('Identifier of the portal API, unless its registration is made here; empty means api:// and the audience.')
param apiIdentifier string = ''

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

@allowed([
  'yes'
  'no'
])
@description('yes takes storage and vault off the internet: they are reached over private endpoints in a virtual network.')
param privateNetwork string = 'no'

@allowed([
  'storage'
  'scheduler'
])
@description('Where Durable keeps orchestrations: the storage account of the host, or a Durable Task Scheduler, which host.json must name, too (README).')
param durableBackend string = 'storage'

@description('Mail address that alerts and the budget are told to; empty makes no action group.')
param alertEmail string = ''

@description('Resource id of an action group of your own, told in addition.')
param alertActionGroupId string = ''

@description('First day of the month the budget begins in, like 2027-01-01; it must stay the same. Empty, or nobody to tell, makes no budget.')
param budgetStart string = ''

var resourceToken = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var sizes = {
  small: loadJsonContent('sizes/small.json')
  medium: loadJsonContent('sizes/medium.json')
  large: loadJsonContent('sizes/large.json')
}
var sizing = sizes[size]
var siteName = 'func-${resourceToken}'
var schedulerName = 'dts-${resourceToken}'
var isPrivate = privateNetwork == 'yes'
var isRegistered = registerApps == 'yes'
var isSomebodyTold = !empty(alertEmail) || !empty(alertActionGroupId)
var isScheduled = durableBackend == 'scheduler'
var portalOrigin = empty(portalUrl) ? portal.outputs.url : portalUrl
var callback = empty(callbackUrl) ? 'https://${siteName}.azurewebsites.net/api/msp-portal/tenants/callback' : callbackUrl
var audience = isRegistered ? registration!.outputs.apiClientId : apiAudience

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

module monitoring 'app/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: 'log-${resourceToken}'
    componentName: 'appi-${resourceToken}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    retentionDays: sizing.logRetentionDays
    dailyGigabytes: sizing.logGigabytesPerDay
  }
}

module storage 'app/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    hostAccountName: 'sthost${resourceToken}'
    dataAccountName: 'stdata${resourceToken}'
    hostRedundancy: sizing.hostRedundancy
    dataRedundancy: sizing.dataRedundancy
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    isPrivate: isPrivate
    workspaceId: monitoring.outputs.workspaceId
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
    isPrivate: isPrivate
    workspaceId: monitoring.outputs.workspaceId
  }
}

module network 'app/network.bicep' = if (isPrivate) {
  name: 'network'
  scope: group
  params: {
    name: 'vnet-${resourceToken}'
    location: location
    tags: tags
    hostAccountId: storage.outputs.hostAccountId
    dataAccountId: storage.outputs.dataAccountId
    vaultId: vault.outputs.id
  }
}

module scheduler 'app/scheduler.bicep' = if (isScheduled) {
  name: 'scheduler'
  scope: group
  params: {
    name: schedulerName
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    identityClientId: identity.outputs.clientId
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

module registration 'app/registration.bicep' = if (isRegistered) {
  name: 'registration'
  scope: group
  params: {
    name: 'opspilot365-${resourceToken}'
    callbackUrl: callback
    portalUrl: portalOrigin
    identityPrincipalId: identity.outputs.principalId
  }
}

module app 'app/function.bicep' = {
  name: 'app'
  scope: group
  params: {
    planName: 'plan-${resourceToken}'
    siteName: siteName
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    hostAccountName: storage.outputs.hostAccountName
    deploymentContainer: storage.outputs.deploymentContainer
    tablesEndpoint: storage.outputs.tablesEndpoint
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    instanceMemoryMB: sizing.instanceMemoryMB
    maximumInstances: sizing.maximumInstances
    durableInstances: sizing.durableInstances
    subnetId: isPrivate ? network!.outputs.appSubnetId : ''
    corsOrigins: [
      portalOrigin
    ]
    settings: union(isScheduled ? scheduler!.outputs.settings : {}, {
      CLIENT_ID: isRegistered ? registration!.outputs.clientId : clientId
      MANAGED_IDENTITY_CLIENT_ID: identity.outputs.clientId
      CALLBACK_URL: callback
      PORTAL_URL: portalOrigin
      API_AUDIENCE: audience
      ALLOWED_MSP_TENANTS: allowedMspTenants
      HOME_TENANT_ID: homeTenantId
      OPERATOR_TENANT_ID: operatorTenantId
      WRITE_CLIENT_ID: writeClientId
      RUNS_AT_ONCE: string(sizing.runsAtOnce)
      SYNC_PAUSED: syncPaused
      KEY_VAULT_URL: vault.outputs.url
      STATE_SIGNING_KEY: '@Microsoft.KeyVault(VaultName=${vault.outputs.name};SecretName=state-signing-key)'
      WEBHOOK_SIGNING_KEY: '@Microsoft.KeyVault(VaultName=${vault.outputs.name};SecretName=webhook-signing-key)'
      CONNECTWISE_CLIENT_ID: '@Microsoft.KeyVault(VaultName=${vault.outputs.name};SecretName=connectwise-client-id)'
      AUTOTASK_INTEGRATION_CODE: '@Microsoft.KeyVault(VaultName=${vault.outputs.name};SecretName=autotask-integration-code)'
    })
  }
}

module alerts 'app/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    prefix: 'alert-${resourceToken}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    email: alertEmail
    otherActionGroupId: alertActionGroupId
  }
}

module workbook 'app/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
  }
}

module budget 'app/budget.bicep' = if (!empty(budgetStart) && isSomebodyTold) {
  name: 'budget'
  scope: group
  params: {
    name: 'budget-${resourceToken}'
    monthlyAmount: sizing.monthlyBudget
    start: budgetStart
    actionGroupIds: alerts.outputs.actionGroupIds
  }
}

output AZURE_LOCATION string = location
output AZURE_FUNCTION_NAME string = app.outputs.siteName
output CLIENT_ID string = isRegistered ? registration!.outputs.clientId : clientId
output API_URL string = app.outputs.url
output API_AUDIENCE string = audience
output API_IDENTIFIER string = isRegistered ? registration!.outputs.apiIdentifier : apiIdentifier
output PORTAL_URL string = portalOrigin
output PORTAL_CLIENT_ID string = isRegistered ? registration!.outputs.portalClientId : portalClientId
output AZURE_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output AZURE_KEY_VAULT_NAME string = vault.outputs.name
