/** What was typed and is not sent yet: kept in the browser, so that a reload, a sign-in or a crash loses nothing. */

const PREFIX = "kept:";

export class Kept<T extends object> {
  readonly key: string;

  constructor(
    name: string,
    private readonly empty: T,
    private readonly storage: Storage = localStorage,
  ) {
    this.key = PREFIX + name;
  }

  read(): T {
    try {
      return { ...this.empty, ...JSON.parse(this.storage.getItem(this.key) ?? "{}") };
    } catch {
      return this.empty;
    }
  }

  change(change: Partial<T>): T {
    const value = { ...this.read(), ...change };
    this.storage.setItem(this.key, JSON.stringify(value));
    return value;
  }

  forget(): void {
    this.storage.removeItem(this.key);
  }
}

/** Everything that is kept for anybody leaves the browser. */
export function forgetAll(storages: readonly Storage[] = [localStorage, sessionStorage]): void {
  for (const storage of storages) {
    const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "");
    for (const key of keys) if (key.startsWith(PREFIX)) storage.removeItem(key);
  }
}
