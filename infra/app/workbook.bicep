metadata description = 'What goes on, on one page: each panel runs a file of queries/.'
param location string
param tags object
param workspaceId string

var panels = [
  { title: 'Runs under way', visualization: 'timechart', query: loadTextContent('../queries/runs-under-way.kql') }
  { title: 'How runs end', visualization: 'barchart', query: loadTextContent('../queries/runs-by-outcome.kql') }
  { title: 'How long runs take', visualization: 'table', query: loadTextContent('../queries/run-durations.kql') }
  { title: 'Objects a second', visualization: 'timechart', query: loadTextContent('../queries/objects-per-second.kql') }
  { title: 'Pages', visualization: 'timechart', query: loadTextContent('../queries/pages.kql') }
  { title: 'Consents', visualization: 'barchart', query: loadTextContent('../queries/consents.kql') }
  { title: 'Age of queues, seconds', visualization: 'timechart', query: loadTextContent('../queries/queue-age.kql') }
  { title: 'Problems', visualization: 'table', query: loadTextContent('../queries/problems.kql') }
  { title: 'Throttled by Microsoft', visualization: 'timechart', query: loadTextContent('../queries/throttled-by-resource.kql') }
  { title: 'Seconds of throttling', visualization: 'timechart', query: loadTextContent('../queries/throttled-seconds.kql') }
  { title: 'Calls of Microsoft and of PSAs', visualization: 'timechart', query: loadTextContent('../queries/calls-by-outcome.kql') }
  { title: 'Requests', visualization: 'table', query: loadTextContent('../queries/requests.kql') }
  { title: 'Everything of one id', visualization: 'table', query: loadTextContent('../queries/one-cause.kql') }
]
var asked = {
  type: 9
  name: 'asked'
  content: {
    version: 'KqlParameterItem/1.0'
    style: 'above'
    parameters: [
      {
        version: 'KqlParameterItem/1.0'
        name: 'Id'
        label: 'Id of a request (X-Correlation-Id), a run, or a request of Graph'
        type: 1
        value: ''
      }
    ]
  }
}
var content = {
  version: 'Notebook/1.0'
  fallbackResourceIds: [workspaceId]
  items: concat([asked], map(panels, panel => {
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
  }))
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
