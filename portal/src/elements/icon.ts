/** Icons of Lucide, drawn as the page's own elements; they decorate, the text beside them speaks. */

import { html, svg, type TemplateResult } from "lit";
import type { IconNode } from "lucide";

export function icon(node: IconNode, size = 20): TemplateResult {
  return html`<svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" aria-hidden="true">
    ${node.map(([tag, attributes]) => shape(tag, attributes))}
  </svg>`;
}

function shape(tag: string, a: Record<string, string | number | undefined>): TemplateResult | undefined {
  switch (tag) {
    case "path":
      return svg`<path d=${a.d}></path>`;
    case "circle":
      return svg`<circle cx=${a.cx} cy=${a.cy} r=${a.r}></circle>`;
    case "line":
      return svg`<line x1=${a.x1} x2=${a.x2} y1=${a.y1} y2=${a.y2}></line>`;
    case "rect":
      return svg`<rect x=${a.x ?? 0} y=${a.y ?? 0} width=${a.width} height=${a.height} rx=${a.rx ?? 0}></rect>`;
    case "polyline":
      return svg`<polyline points=${a.points}></polyline>`;
    default:
      return undefined;
  }
}
