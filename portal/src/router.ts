/** Addresses of the portal's pages, by the History API: every page can be reloaded, bookmarked and gone back to. */

export interface Place<R> {
  readonly route: R;
  readonly values: Record<string, string>;
}

/** The route of a path (`/tenants/:tenantId`), with its values; undefined when there is none. */
export function findPlace<R extends { path: string }>(routes: readonly R[], path: string): Place<R> | undefined {
  for (const route of routes) {
    const values = match(route.path, path);
    if (values) return { route, values };
  }
  return undefined;
}

function match(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const parts = path.replace(/\/+$/, "").split("/");
  if (path === "/" ? pattern !== "/" : wanted.length !== parts.length) return undefined;
  const values: Record<string, string> = {};
  for (const [index, name] of wanted.entries()) {
    const part = parts[index] ?? "";
    const value = name.startsWith(":") ? decode(part) : undefined;
    if (value) values[name.slice(1)] = value;
    else if (name !== part) return undefined;
  }
  return values;
}

/** Undefined for an address somebody has mutilated. */
function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

const MOVED = "portal-moved";

/** Goes to another page of the portal; a path that begins with `//` is no other host's. */
export function navigate(path: string, options: { replace?: boolean } = {}): void {
  if (options.replace) history.replaceState(null, "", location.origin + path);
  else history.pushState(null, "", location.origin + path);
  dispatchEvent(new Event(MOVED));
}

/** Calls whenever the address has changed; gives the end of it. */
export function onMoved(then: () => void): () => void {
  addEventListener(MOVED, then);
  addEventListener("popstate", then);
  return () => {
    removeEventListener(MOVED, then);
    removeEventListener("popstate", then);
  };
}

/** Makes plain links of the portal change the page without loading it anew. */
export function followLinks(root: EventTarget): void {
  root.addEventListener("click", (event) => {
    if (!(event instanceof MouseEvent) || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || link.target || link.origin !== location.origin || !isOurs(link.pathname)) return;
    event.preventDefault();
    navigate(link.pathname + link.search + link.hash);
  });
}

const isOurs = (path: string) => !path.startsWith("/api/") && !path.startsWith("/connect/");
