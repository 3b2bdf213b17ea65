/** Saves changes as they are made: one request at a time, the latest choice counts, a failure loses nothing. */

export type Saving = "idle" | "saving" | "saved" | "failed";

export class Saver<C extends object, T> {
  private waiting: Partial<C> = {};
  private isSending = false;

  constructor(
    private readonly send: (change: Partial<C>) => Promise<T>,
    /** `value` is what the service answered when all is saved, or why it did not work. */
    private readonly tell: (saving: Saving, value?: unknown) => void,
  ) {}

  save(change: Partial<C>): void {
    this.waiting = { ...this.waiting, ...change };
    void this.run();
  }

  /** Once more, after a failure. */
  retry(): void {
    void this.run();
  }

  private async run(): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    this.tell("saving");
    try {
      this.tell("saved", await this.sendAll());
    } catch (error) {
      this.tell("failed", error);
    } finally {
      this.isSending = false;
    }
  }

  private async sendAll(): Promise<T> {
    const sent = this.waiting;
    this.waiting = {};
    try {
      const answer = await this.send(sent);
      return Object.keys(this.waiting).length ? await this.sendAll() : answer;
    } catch (error) {
      this.waiting = { ...sent, ...this.waiting };
      throw error;
    }
  }
}
