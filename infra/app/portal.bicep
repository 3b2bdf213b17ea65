metadata description = 'The portal: static files only. Its headers come from staticwebapp.config.json, its config.json from portal/configure.mjs.'
param name string
param location string
param tags object

resource portal 'Microsoft.Web/staticSites@2024-04-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'portal' })
  sku: { name: 'Standard', tier: 'Standard' }
  properties: {
    allowConfigFileUpdates: true
    stagingEnvironmentPolicy: 'Disabled'
  }
}

output url string = 'https://${portal.properties.defaultHostname}'
