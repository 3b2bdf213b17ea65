/** Tells the page around an element what was done in it. */
export function sendTo(element: EventTarget, name: string, detail?: unknown): void {
  element.dispatchEvent(new CustomEvent(name, { detail }));
}
