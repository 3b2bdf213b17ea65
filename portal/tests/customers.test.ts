import assert from "node:assert/strict";
import { test } from "node:test";
import { Api } from "../src/api/client.ts";
import type { Session } from "../src/session.ts";
import { canCreate, findCustomer, newCustomer } from "../src/wizard/customers.ts";
import { groupPermissions, isReadOnly } from "../src/wizard/permission-groups.ts";
import { otherCustomer } from "../src/wizard/tenant-card.ts";

const contoso = { ...newCustomer("Contoso"), customerId: "c1" };

test("a name that is taken is not offered as a new customer", () => {
  assert.ok(canCreate("Fabrikam", [contoso]));
  assert.ok(canCreate("Cont", [contoso]));
  assert.ok(!canCreate(" contoso ", [contoso]));
  assert.ok(!canCreate("  ", []));
});

test("a customer who is gone is chosen anew; one who cannot be asked for just now is not taken for gone", async (context) => {
  const statuses = [404, 503];
  context.mock.method(globalThis, "fetch", async () => {
    const status = statuses.shift() as number;
    return Response.json({ status }, { status, headers: { "Content-Type": "application/problem+json" } });
  });
  const api = new Api("https://api.test", { token: async () => "token" } as unknown as Session);
  assert.equal(await findCustomer(api, "c1"), null);
  await assert.rejects(findCustomer(api, "c1"), { status: 503 });
});

test("a tenant that looks like another customer is told, not one that looks like the chosen", () => {
  type Found = Parameters<typeof otherCustomer>[0];
  const found = {
    customers: [
      { customerId: "c1", name: "Contoso" },
      { customerId: "c2", name: "Contoso Retail" },
    ],
  } as unknown as Found;
  assert.equal(otherCustomer(found, newCustomer("New"))?.customerId, "c1");
  assert.equal(otherCustomer(found, { ...contoso, customerId: "c2" }), undefined);
  assert.equal(otherCustomer({ customers: [] } as unknown as Found, contoso), undefined);
});

test("what only reads is told from what changes", () => {
  const permission = (name: string, kind = "application") =>
    ({ name, kind, why: "" }) as Parameters<typeof isReadOnly>[0];
  assert.ok(
    ["User.Read.All", "Mail.Read", "DeviceManagementManagedDevices.Read.All"].every((name) =>
      isReadOnly(permission(name)),
    ),
  );
  assert.ok(
    !["User.ReadWrite.All", "Mail.Send", "User.EnableDisableAccount.All"].some((name) => isReadOnly(permission(name))),
  );
  const { used, unused } = groupPermissions([permission("User.Read.All"), permission("Mail.Read", "delegated")]);
  assert.deepEqual([used.length, unused.length], [1, 1]);
});
