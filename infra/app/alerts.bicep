metadata description = 'Who is told, and of what. Each rule runs a file of queries/; docs/operations.md says what to do.'
param prefix string
param location string
param tags object
param workspaceId string
param email string
param otherActionGroupId string

var rules = [
  {
    name: 'run-stuck'
    title: 'A run is stuck'
    query: loadTextContent('../queries/run-stuck.kql')
    severity: 2
    window: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'run-failed'
    title: 'Runs have failed'
    query: loadTextContent('../queries/run-failed.kql')
    severity: 2
    window: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'throttled'
    title: 'Microsoft throttles more than it usually does'
    query: loadTextContent('../queries/throttled.kql')
    severity: 3
    window: 'PT15M'
    operator: 'GreaterThan'
    threshold: 100
  }
  {
    name: 'consent-lost'
    title: 'A customer has taken consent back'
    query: loadTextContent('../queries/consent-lost.kql')
    severity: 3
    window: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'server-errors'
    title: 'Requests end with 5xx'
    query: loadTextContent('../queries/server-errors.kql')
    severity: 1
    window: 'PT15M'
    operator: 'GreaterThan'
    threshold: 5
  }
  {
    name: 'credential-rejected'
    title: 'Microsoft refuses the credential of this service: it has expired, or the federated credential is wrong'
    query: loadTextContent('../queries/credential-rejected.kql')
    severity: 1
    window: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    name: 'watchdog-silent'
    title: 'The watchdog has not passed for half an hour: the app does not run'
    query: loadTextContent('../queries/runs-under-way.kql')
    severity: 1
    window: 'PT30M'
    operator: 'LessThan'
    threshold: 1
  }
]
var ownActionGroupIds = empty(email) ? [] : [people.id]
var tellIds = union(ownActionGroupIds, empty(otherActionGroupId) ? [] : [otherActionGroupId])

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: '${prefix}-people'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'OpsPilot365'
    enabled: true
    emailReceivers: [
      { name: 'operations', emailAddress: email, useCommonAlertSchema: true }
    ]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = [
  for rule in rules: {
    name: '${prefix}-${rule.name}'
    location: location
    tags: tags
    properties: {
      displayName: rule.title
      description: 'What to do: docs/operations.md, ${rule.name}.'
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: rule.window
      autoMitigate: true
      skipQueryValidation: true // the tables are made with the first line and the first request
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: rule.operator
            threshold: rule.threshold
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: tellIds
      }
    }
  }
]

output actionGroupIds array = tellIds
