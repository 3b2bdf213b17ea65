metadata description = 'The app registrations: the app customers consent to, the API of the portal, and the portal. No secret: the identity is the proof.'
extension microsoftGraphV1

@description('Begins the unique names, by which a second deployment finds what the first one made.')
param name string
param callbackUrl string
param portalUrl string

@description('Object id, not client id, of the managed identity the app proves itself with.')
param identityPrincipalId string

var microsoftGraph = '00000003-0000-0000-c000-000000000000'
var applicationPermissions = {
  'User.Read.All': 'df021288-bdef-4463-88db-98f22de89214'
  'Group.Read.All': '5b567255-7703-4780-807c-7be8301ae99b'
  'Directory.Read.All': '7ab1d382-f21e-4acd-a863-ba3e13f7da61'
  'DeviceManagementManagedDevices.Read.All': '2f51be20-0bb4-4fed-bf7b-db946066c75e'
  'SecurityEvents.Read.All': 'bf394140-e372-4bf9-a898-299cfc7564e5'
  'Reports.Read.All': '230c1aed-a721-4c5d-9cb4-a90514e508ef'
}
var delegatedPermissions = {
  'Mail.Read': '570282fd-fa5c-430d-a7fd-fc8dc98a9dca'
}
var apiRoles = {
  'Onboarding.Read': 'See tenants, customers and how syncs go'
  'Onboarding.Connect': 'Connect, sync and disconnect tenants'
  'Onboarding.Support': 'Transfer tenants and help where something is stuck'
  'Onboarding.Ops': 'See and end runs, see the health of the service'
}
var apiScopeId = guid(name, 'access_as_user')

resource connector 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: '${name}-connector'
  displayName: 'OpsPilot365 Connect'
  signInAudience: 'AzureADMultipleOrgs'
  web: {
    redirectUris: [callbackUrl]
  }
  requiredResourceAccess: [
    {
      resourceAppId: microsoftGraph
      resourceAccess: concat(
        map(items(applicationPermissions), permission => { id: permission.value, type: 'Role' }),
        map(items(delegatedPermissions), permission => { id: permission.value, type: 'Scope' })
      )
    }
  ]
}

resource connectorPrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: connector.appId
}

resource identityTrust 'Microsoft.Graph/applications/federatedIdentityCredentials@v1.0' = {
  name: '${connector.uniqueName}/managed-identity'
  description: 'The managed identity of the function app'
  issuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
  subject: identityPrincipalId
  audiences: ['api://AzureADTokenExchange']
}

resource portal 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: '${name}-portal'
  displayName: 'OpsPilot365 Connect portal'
  signInAudience: 'AzureADMultipleOrgs'
  spa: {
    redirectUris: ['${portalUrl}/']
  }
}

resource portalPrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: portal.appId
}

resource api 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: '${name}-api'
  displayName: 'OpsPilot365 Connect API'
  signInAudience: 'AzureADMultipleOrgs'
  identifierUris: ['api://${tenant().tenantId}/${name}']
  web: {
    redirectUris: ['${portalUrl}/'] // where an MSP's administrator lands who accepts the API; without one Microsoft refuses
  }
  api: {
    requestedAccessTokenVersion: 2
    oauth2PermissionScopes: [
      {
        id: apiScopeId
        value: 'access_as_user'
        type: 'User'
        isEnabled: true
        adminConsentDisplayName: 'Use OpsPilot365 Connect'
        adminConsentDescription: 'Lets the portal call the API for whoever is signed in.'
        userConsentDisplayName: 'Use OpsPilot365 Connect'
        userConsentDescription: 'Lets the portal call the API for you.'
      }
    ]
    preAuthorizedApplications: [
      {
        appId: portal.appId
        delegatedPermissionIds: [apiScopeId]
      }
    ]
  }
  appRoles: [
    for role in items(apiRoles): {
      id: guid(name, role.key)
      value: role.key
      displayName: role.key
      description: role.value
      isEnabled: true
      allowedMemberTypes: ['User', 'Application']
    }
  ]
}

resource apiPrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: api.appId
}

output clientId string = connector.appId
output apiClientId string = api.appId
output apiIdentifier string = 'api://${tenant().tenantId}/${name}'
output portalClientId string = portal.appId
