/** What was typed and is not sent yet: kept in the browser, so that a reload, a sign-in or a crash loses nothing. */

export class Kept<T extends object> {
  constructor(
    readonly key: string,
    private readonly empty: T,
    private readonly storage: Storage = localStorage,
  ) {}

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
