@description('Application Insights on a workspace; telemetry is sent with the identity, local keys are off.')
param workspaceName string
param componentName string
param location string
param tags object
param principalId string
param alertActionGroupId string

var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: componentName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, principalId, metricsPublisher)
  scope: component
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
  }
}

resource stuckRuns 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = {
  name: '${componentName}-run-stuck'
  location: location
  tags: tags
  properties: {
    displayName: 'A run is stuck'
    description: 'The watchdog found the same run standing still twice. What to do: docs/operations.md.'
    severity: 2
    enabled: true
    scopes: [
      workspace.id
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    skipQueryValidation: true // the table is made with the first trace
    criteria: {
      allOf: [
        {
          query: 'AppTraces | where Message startswith "run_stuck "'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: empty(alertActionGroupId) ? [] : [alertActionGroupId]
    }
  }
}

output connectionString string = component.properties.ConnectionString
