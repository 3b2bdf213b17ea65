/** Follows a document of the API: asks only when it may, waits longer while nothing answers, rests in hidden tabs. */

import type { Polled } from "./api/client.ts";
import { ApiProblem } from "./api/problems.ts";

export interface Following<T> {
  /** Asks once; `etag` is of the document that is known already. */
  load(etag: string, signal: AbortSignal): Promise<Polled<T>>;
  /** A new document has arrived, or the trouble of before is over. */
  onValue(value: T): void;
  /** It did not work; the next try comes by itself after `seconds`. */
  onTrouble(error: unknown, seconds: number): void;
  /** Whether this document will not change any more. */
  isFinal(value: T): boolean;
}

/** Timers and the page's state, so that tests have their own. */
export interface Surroundings {
  after(seconds: number, then: () => void): () => void;
  isHidden(): boolean;
  /** Calls when the page is seen again, or the network is back; gives the end of it. */
  onAwake(then: () => void): () => void;
}

const USUAL_SECONDS = 2;
const LONGEST_SECONDS = 60;
const HIDDEN_SECONDS = 30;
const GONE_FOR_GOOD = [401, 403, 404];

export class Poller<T> {
  private etag = "";
  private value: T | undefined;
  private failures = 0;
  private isStopped = true;
  private inFlight: AbortController | undefined;
  /** What is being asked was asked before something that changes the answer. */
  private isAskedAgain = false;
  private cancelTimer = () => {};
  private endAwake = () => {};

  constructor(
    private readonly following: Following<T>,
    private readonly surroundings: Surroundings = browserSurroundings,
  ) {}

  start(): void {
    if (!this.isStopped) return;
    this.isStopped = false;
    this.endAwake = this.surroundings.onAwake(() => this.now());
    void this.ask();
  }

  stop(): void {
    this.isStopped = true;
    this.cancelTimer();
    this.endAwake();
    this.inFlight?.abort();
    this.inFlight = undefined;
  }

  /** Asks at once, after something was done that changes the document. */
  now(): void {
    if (this.isStopped) return;
    if (this.inFlight) {
      this.isAskedAgain = true;
      return;
    }
    this.cancelTimer();
    void this.ask();
  }

  private async ask(): Promise<void> {
    const request = new AbortController();
    this.isAskedAgain = false;
    this.inFlight = request;
    try {
      const answer = await this.following.load(this.etag, request.signal);
      if (request.signal.aborted) return;
      this.inFlight = undefined;
      this.take(answer);
    } catch (error) {
      if (request.signal.aborted) return;
      this.inFlight = undefined;
      this.suffer(error);
    }
  }

  private take(answer: Polled<T>): void {
    const hadTrouble = this.failures > 0;
    this.failures = 0;
    if (answer.isNew) {
      this.etag = answer.etag;
      this.value = answer.value;
    }
    if (this.value !== undefined && (answer.isNew || hadTrouble)) this.following.onValue(this.value);
    if (this.isStopped) return;
    if (this.isAskedAgain) void this.ask();
    else if (this.value !== undefined && this.following.isFinal(this.value)) this.stop();
    else this.again(this.usualSeconds(answer.retryAfter));
  }

  private usualSeconds(told: number | undefined): number {
    const seconds = Math.max(told ?? USUAL_SECONDS, 1);
    return this.surroundings.isHidden() ? Math.max(seconds, HIDDEN_SECONDS) : seconds;
  }

  private suffer(error: unknown): void {
    const problem = error instanceof ApiProblem ? error : undefined;
    const isOver = problem && GONE_FOR_GOOD.includes(problem.status);
    const backOff = Math.min(LONGEST_SECONDS, USUAL_SECONDS * 2 ** this.failures++);
    const seconds = problem?.retryAfter ?? backOff;
    this.following.onTrouble(error, isOver ? 0 : seconds);
    if (this.isStopped) return;
    if (isOver) this.stop();
    else this.again(seconds);
  }

  private again(seconds: number): void {
    this.cancelTimer = this.surroundings.after(seconds, () => void this.ask());
  }
}

const browserSurroundings: Surroundings = {
  after(seconds, then) {
    const timer = setTimeout(then, seconds * 1000);
    return () => clearTimeout(timer);
  },
  isHidden: () => document.hidden,
  onAwake(then) {
    const seen = () => document.hidden || then();
    document.addEventListener("visibilitychange", seen);
    addEventListener("online", then);
    return () => {
      document.removeEventListener("visibilitychange", seen);
      removeEventListener("online", then);
    };
  },
};
