import assert from "node:assert/strict";
import { test } from "node:test";
import { tagTrouble } from "../src/elements/tag-field.ts";
import { intervalChoices, intervalText } from "../src/tenants/intervals.ts";
import { Saver } from "../src/tenants/saving.ts";

interface Choice {
  tags: string[];
  hours: number;
}

/** A service whose answers the test gives when it wants to. */
class Service {
  readonly sent: Partial<Choice>[] = [];
  readonly told: unknown[] = [];
  private readonly open: { resolve(value: string): void; reject(error: Error): void }[] = [];
  readonly saver = new Saver<Choice, string>(
    (change) => {
      this.sent.push(change);
      return new Promise((resolve, reject) => this.open.push({ resolve, reject }));
    },
    (saving, value) => this.told.push(value === undefined ? saving : [saving, value]),
  );

  async answers(value: string): Promise<void> {
    this.open.shift()?.resolve(value);
    await new Promise(setImmediate);
  }

  async refuses(error: Error): Promise<void> {
    this.open.shift()?.reject(error);
    await new Promise(setImmediate);
  }
}

test("a change is saved at once, and said to be only when it is", async () => {
  const service = new Service();
  service.saver.save({ hours: 6 });
  assert.deepEqual(service.told, ["saving"]);
  await service.answers("as it is now");
  assert.deepEqual(service.told, ["saving", ["saved", "as it is now"]]);
});

test("what is changed meanwhile goes after it, in one request, the latest choice of each", async () => {
  const service = new Service();
  service.saver.save({ hours: 6 });
  service.saver.save({ hours: 12 });
  service.saver.save({ hours: 24, tags: ["a"] });
  assert.deepEqual(service.sent, [{ hours: 6 }]);
  await service.answers("first");
  assert.deepEqual(service.sent, [{ hours: 6 }, { hours: 24, tags: ["a"] }]);
  await service.answers("last");
  assert.deepEqual(service.told, ["saving", ["saved", "last"]]);
});

test("what could not be saved is sent again, with what was chosen since", async () => {
  const service = new Service();
  const failure = new Error("away");
  service.saver.save({ hours: 6, tags: ["a"] });
  await service.refuses(failure);
  assert.deepEqual(service.told, ["saving", ["failed", failure]]);
  service.saver.save({ hours: 12 });
  assert.deepEqual(service.sent.at(-1), { hours: 12, tags: ["a"] });
  await service.refuses(failure);
  service.saver.retry();
  assert.deepEqual(service.sent.at(-1), { hours: 12, tags: ["a"] });
});

test("a tag is refused before it is sent when the service would refuse it", () => {
  const many = Array.from({ length: 20 }, (_, number) => `tag${number}`);
  assert.equal(tagTrouble("gold", ["berlin"]), "");
  assert.match(tagTrouble("gold", ["gold"]), /there already/);
  assert.match(tagTrouble("x".repeat(51), []), /50/);
  assert.match(tagTrouble("gold", many), /20/);
});

test("intervals read as people say them, and a tenant's own is among the choices", () => {
  assert.deepEqual([0, 1, 6, 24, 72, 30].map(intervalText), [
    "only when somebody asks",
    "every hour",
    "every 6 hours",
    "every day",
    "every 3 days",
    "every 30 hours",
  ]);
  assert.deepEqual(intervalChoices(30).slice(5, 8), [24, 30, 48]);
  assert.equal(intervalChoices(24).filter((hours) => hours === 24).length, 1);
});
