metadata description = 'A virtual network for the app, and private endpoints for what it stores. HTTP stays public: browsers call it.'
param name string
param location string
param tags object
param hostAccountId string
param dataAccountId string
param vaultId string

var endpoints = [
  { service: 'blob', of: 'host', resourceId: hostAccountId, zone: storageZones[0] }
  { service: 'queue', of: 'host', resourceId: hostAccountId, zone: storageZones[1] }
  { service: 'table', of: 'host', resourceId: hostAccountId, zone: storageZones[2] }
  { service: 'table', of: 'data', resourceId: dataAccountId, zone: storageZones[2] }
  { service: 'vault', of: 'secrets', resourceId: vaultId, zone: vaultZone }
]
var storageZones = map(['blob', 'queue', 'table'], service => 'privatelink.${service}.${environment().suffixes.storage}')
var vaultZone = 'privatelink.vaultcore.azure.net'

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.20.0.0/16'] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: '10.20.0.0/24'
          delegations: [
            { name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: '10.20.1.0/24' }
      }
    ]
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zone in concat(storageZones, [vaultZone]): {
    name: zone
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zone, index) in concat(storageZones, [vaultZone]): {
    parent: zones[index]
    name: 'app'
    location: 'global'
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: network.id }
    }
  }
]

// Several at once on one account would get in each other's way
@batchSize(1)
resource privateEndpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [
  for endpoint in endpoints: {
    name: 'pe-${endpoint.of}-${endpoint.service}'
    location: location
    tags: tags
    properties: {
      subnet: { id: '${network.id}/subnets/endpoints' }
      privateLinkServiceConnections: [
        {
          name: endpoint.service
          properties: {
            privateLinkServiceId: endpoint.resourceId
            groupIds: [endpoint.service]
          }
        }
      ]
    }
  }
]

resource addresses 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [
  for (endpoint, index) in endpoints: {
    parent: privateEndpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: endpoint.service
          properties: { privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', endpoint.zone) }
        }
      ]
    }
    dependsOn: [zones, links]
  }
]

output appSubnetId string = '${network.id}/subnets/app'
