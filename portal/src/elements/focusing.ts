/** Where the keyboard goes when a page or a step has come. */

const ENTERED = "input, select, textarea";

/** The heading, once it is drawn; never away from a field somebody has begun to fill in before that. */
export function focusHeading(place: ParentNode, heading: string): void {
  requestAnimationFrame(() => {
    if (!document.activeElement?.matches(ENTERED)) place.querySelector<HTMLElement>(heading)?.focus();
  });
}
