import assert from "node:assert/strict";
import { test } from "node:test";
import type { Polled } from "../src/api/client.ts";
import { ApiProblem, NoAnswer } from "../src/api/problems.ts";
import { Poller, type Surroundings } from "../src/polling.ts";

/** A page without a browser: time passes when the test says so. */
class Still implements Surroundings {
  isAway = false;
  waits: number[] = [];
  private pending: (() => void) | undefined;
  private wake: (() => void) | undefined;

  after(seconds: number, then: () => void): () => void {
    this.waits.push(seconds);
    this.pending = then;
    return () => {
      this.pending = undefined;
    };
  }
  isHidden = () => this.isAway;
  onAwake(then: () => void): () => void {
    this.wake = then;
    return () => {
      this.wake = undefined;
    };
  }
  async passes(): Promise<void> {
    const then = this.pending;
    this.pending = undefined;
    then?.();
    await settled();
  }
  async comesBack(): Promise<void> {
    this.wake?.();
    await settled();
  }
  get isWaiting(): boolean {
    return this.pending !== undefined;
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const fresh = (value: string, retryAfter?: number): Polled<string> => ({
  isNew: true,
  value,
  etag: `"${value}"`,
  retryAfter,
});
const problem = (status: number, retryAfter?: number) =>
  new ApiProblem(
    {
      type: "about:blank",
      title: "No",
      status,
      detail: "",
      instance: "",
      code: "x",
      owner: "microsoft",
      nextAction: "",
      correlationId: "",
    },
    retryAfter,
  );

async function follow(answers: (Polled<string> | Error)[], still = new Still()) {
  const seen: string[] = [];
  const troubles: [unknown, number][] = [];
  const etags: string[] = [];
  const poller = new Poller<string>(
    {
      load: async (etag) => {
        etags.push(etag);
        const answer = answers.shift();
        if (answer instanceof Error) throw answer;
        assert(answer, "asked more often than expected");
        return answer;
      },
      onValue: (value) => seen.push(value),
      onTrouble: (error, seconds) => troubles.push([error, seconds]),
      isFinal: (value) => value === "end",
    },
    still,
  );
  poller.start();
  await settled();
  return { poller, still, seen, troubles, etags };
}

test("asks with the ETag it knows and waits as long as it is told", async () => {
  const { still, seen, etags } = await follow([fresh("a", 5), { isNew: false, retryAfter: 7 }, fresh("end")]);
  await still.passes();
  await still.passes();
  assert.deepEqual(etags, ["", '"a"', '"a"']);
  assert.deepEqual(seen, ["a", "end"]);
  assert.deepEqual(still.waits, [5, 7]);
  assert.equal(still.isWaiting, false);
});

test("backs off while nothing answers, and shows the old value again when it does", async () => {
  const { still, seen, troubles } = await follow([
    fresh("a"),
    new NoAnswer(false),
    new NoAnswer(true),
    { isNew: false, retryAfter: undefined },
  ]);
  for (let time = 0; time < 3; time++) await still.passes();
  assert.deepEqual(
    troubles.map(([, seconds]) => seconds),
    [2, 4],
  );
  assert.deepEqual(seen, ["a", "a"]);
});

test("never waits longer than a minute by itself, but as long as the API wants", async () => {
  const answers = [...Array.from({ length: 8 }, () => new NoAnswer(false)), problem(429, 120)];
  const { still } = await follow(answers);
  for (let time = 0; time < 8; time++) await still.passes();
  assert.equal(Math.max(...still.waits.slice(0, 8)), 60);
  assert.equal(still.waits.at(-1), 120);
});

test("ends when the document is gone for good", async () => {
  const { still, troubles } = await follow([fresh("a"), problem(404)]);
  await still.passes();
  assert.equal(troubles[0]?.[1], 0);
  assert.equal(still.isWaiting, false);
});

test("rests in a hidden tab and asks at once when it is seen again", async () => {
  const { still, seen } = await follow([fresh("a", 2), fresh("end")], Object.assign(new Still(), { isAway: true }));
  assert.deepEqual(still.waits, [30]);
  await still.comesBack();
  assert.deepEqual(seen, ["a", "end"]);
});

test("asks once more when something was done while it was asking", async () => {
  const late = settled().then(() => fresh("before"));
  const answers = [late, Promise.resolve(fresh("after"))];
  const seen: string[] = [];
  const poller = new Poller<string>(
    {
      load: () => answers.shift() ?? assert.fail("asked more often than expected"),
      onValue: (value) => seen.push(value),
      onTrouble: () => assert.fail("no trouble is expected"),
      isFinal: () => true,
    },
    new Still(),
  );
  poller.start();
  poller.now();
  await late;
  await settled();
  assert.deepEqual([seen, answers.length], [["before", "after"], 0]);
});

test("is silent after it was stopped", async () => {
  const { poller, still, seen } = await follow([fresh("a"), fresh("b")]);
  poller.stop();
  await still.passes();
  assert.deepEqual(seen, ["a"]);
});
