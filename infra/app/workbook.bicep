metadata description = 'What goes on, on one page: each panel runs a file of queries/.'
param location string
param tags object
param workspaceId string

var panels = [
  { title: 'Runs under way', visualization: 'timechart', query: loadTextContent('../queries/runs-under-way.kql') }
  { title: 'How runs end', visualization: 'barchart', query: loadTextContent('../queries/runs-by-outcome.kql') }
  { title: 'Problems', visualization: 'table', query: loadTextContent('../queries/problems.kql') }
  { title: 'Throttled by Microsoft', visualization: 'timechart', query: loadTextContent('../queries/throttled-by-resource.kql') }
  { title: 'Requests', visualization: 'table', query: loadTextContent('../queries/requests.kql') }
]
var content = {
  version: 'Notebook/1.0'
  fallbackResourceIds: [workspaceId]
  items: map(panels, panel => {
    type: 3
    name: panel.title
    content: {
      version: 'KqlItem/1.0'
      title: panel.title
      query: panel.query
      visualization: panel.visualization
      size: 0
      timeContext: { durationMs: 86400000 }
      queryType: 0
      resourceType: 'microsoft.operationalinsights/workspaces'
    }
  })
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspaceId, 'opspilot365-connect')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'OpsPilot365 Connect'
    category: 'workbook'
    sourceId: workspaceId
    serializedData: string(content)
  }
}
