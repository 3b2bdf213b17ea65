/** Questions asked while somebody types: after a pause, and only the newest one is ever answered. */

export type After = (milliseconds: number, then: () => void) => () => void;

export interface Answering<Q, A> {
  ask(question: Q, signal: AbortSignal): Promise<A>;
  onAnswer(answer: A): void;
  onFailure(error: unknown): void;
}

export class Latest<Q, A> {
  private inFlight: AbortController | undefined;
  private cancelTimer = () => {};

  constructor(
    private readonly answering: Answering<Q, A>,
    private readonly after: After = browserAfter,
  ) {}

  /** Asks when nothing newer comes within this time; what was asked before is given up. */
  soon(question: Q, milliseconds: number): void {
    this.stop();
    this.cancelTimer = this.after(milliseconds, () => void this.ask(question));
  }

  now(question: Q): void {
    this.stop();
    void this.ask(question);
  }

  stop(): void {
    this.cancelTimer();
    this.inFlight?.abort();
    this.inFlight = undefined;
  }

  private async ask(question: Q): Promise<void> {
    const request = new AbortController();
    this.inFlight = request;
    try {
      const answer = await this.answering.ask(question, request.signal);
      if (!request.signal.aborted) this.answering.onAnswer(answer);
    } catch (error) {
      if (!request.signal.aborted) this.answering.onFailure(error);
    }
  }
}

const browserAfter: After = (milliseconds, then) => {
  const timer = setTimeout(then, milliseconds);
  return () => clearTimeout(timer);
};
