/** The page the customer's administrator lands on. It signs nobody in and asks nothing of the API. */

import { html, render } from "lit";
import { landing, product } from "../texts.ts";

const result = landing(new URLSearchParams(location.search).get("result"));
const box = document.getElementById("result");
if (box) {
  box.className = result.isGood ? "is-good" : "is-stop";
  box.replaceChildren();
  render(html`<h1>${result.title}</h1><p>${result.happened}</p><p>${result.next}</p>`, box);
}
document.title = `${result.title} · ${product}`;
