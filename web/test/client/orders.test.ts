import assert from "node:assert/strict";
import { test } from "node:test";

import { LinkError, StoreError } from "../../src/caudal/client/errors.ts";
import { MemoryStore } from "../../src/caudal/client/memory-store.ts";
import { type Order, type OrderCommand, settled } from "../../src/caudal/client/order.ts";
import { Code } from "../../src/caudal/gen/caudal/v1/caudal_pb.ts";
import { makeBank } from "../channel/bank.ts";
import { type Handler, refuse } from "./fake-bank.ts";
import { credentials, pay, Stage } from "./harness.ts";
import { SharedStore } from "./shared-store.ts";
import { rest, until } from "./world.ts";

test("an order is in the store before it is on the wire, and settles with its receipt", async () => {
  const stage = await Stage.signedIn(1000n);
  let stored: Order[] = [];
  stage.bank.handlers.set("transfer", async (command, side) => {
    stored = await stage.store.readOrders(stage.bank.house.identity.publicKey, "ana");
    return await stage.bank.standard(command, side);
  });
  const order = await stage.client.order(pay(250n, "café"));
  assert.equal(stored[0]?.key, order.key);
  assert.equal(stored[0]?.state, "sending");
  assert.equal(order.state, "done");
  assert.equal(order.receipt?.amountMinor, 250n);
  assert.equal(order.receipt?.balanceMinor, 750n);
  assert.deepEqual(
    stage.told.order.map((told) => told.state),
    ["sending", "done"],
  );
  await rest();
  const [kept] = await stage.store.readOrders(stage.bank.house.identity.publicKey, "ana");
  assert.equal(kept?.state, "done");
  assert.equal(kept?.receipt?.transferId, order.receipt?.transferId);
  stage.client.close();
});

test("an order that cannot be stored is not sent", async () => {
  class Full extends MemoryStore {
    override addOrder(): Promise<void> {
      return Promise.reject(new StoreError("full", "no room"));
    }
  }
  const stage = await Stage.set(new Full());
  await stage.bank.ledger.post(1000n);
  stage.client.start();
  await stage.client.login(credentials);
  await assert.rejects(stage.client.order(pay()), StoreError);
  await rest();
  assert.equal(stage.bank.last.commands.filter((command) => command.request.case === "transfer").length, 0);
  assert.equal(stage.client.orders.length, 0);
  stage.client.close();
});

test("a refusal settles, and is kept", async () => {
  const stage = await Stage.signedIn(50n);
  const order = await stage.client.order(pay(100n));
  assert.equal(order.state, "refused");
  assert.equal(order.error?.name_, "insufficient_funds");
  await rest();
  const [kept] = await stage.store.readOrders(stage.bank.house.identity.publicKey, "ana");
  assert.equal(kept?.error?.code, Code.INSUFFICIENT_FUNDS);
  stage.client.close();
});

/** Carries the transfer out, and cuts the connection instead of answering. */
function paysAndCuts(stage: Stage): Handler {
  return async (command, side) => {
    stage.bank.handlers.delete("transfer");
    await stage.bank.standard(command, side);
    side.cut();
    return undefined;
  };
}

test("a cut in flight makes it unknown at once; the same key settles it, paid once", async () => {
  const stage = await Stage.signedIn(1000n);
  stage.bank.handlers.set("transfer", paysAndCuts(stage));
  const settles = stage.client.order(pay(250n));
  const unknown = await stage.ordered("unknown");
  assert.equal(stage.client.link.kind, "waiting");
  await stage.back();
  const order = await settles;
  assert.equal(order.key, unknown.key);
  assert.equal(order.state, "done");
  assert.equal(stage.bank.ledger.paid, 1);
  assert.equal(stage.bank.ledger.balanceMinor, 750n);
  stage.client.close();
});

test("after a reload the order is unknown, is sent again, and is paid once", async () => {
  const stage = await Stage.signedIn(1000n);
  stage.bank.handlers.set("transfer", paysAndCuts(stage));
  const rejected = assert.rejects(stage.client.order(pay(250n)), LinkError);
  await stage.ordered("unknown");
  const again = stage.reloaded();
  await rejected;
  again.client.start();
  const order = await again.ordered("done");
  assert.deepEqual(
    again.told.order.map((told) => told.state),
    ["unknown", "done"],
  );
  assert.equal(order.receipt?.amountMinor, 250n);
  assert.equal(stage.bank.ledger.paid, 1);
  assert.equal(again.client.orders.length, 1);
  again.client.close();
});

test("after a reload a refusal that was decided before the cut is found out too", async () => {
  const stage = await Stage.signedIn(50n);
  stage.bank.handlers.set("transfer", paysAndCuts(stage));
  stage.client.order(pay(100n)).catch(() => undefined);
  await stage.ordered("unknown");
  await stage.bank.ledger.post(1000n); // enough by now, but the key was refused
  const again = stage.reloaded();
  again.client.start();
  const order = await again.ordered("refused");
  assert.equal(order.error?.name_, "insufficient_funds");
  assert.equal(stage.bank.ledger.paid, 0);
  again.client.close();
});

for (const code of [Code.BUSY, Code.OUTCOME_UNKNOWN, Code.RATE_LIMITED, Code.DRAINING, Code.INTERNAL]) {
  test(`${Code[code]} decides nothing: the same key goes again, not before the bank wants it`, async () => {
    const stage = await Stage.signedIn(1000n);
    stage.bank.handlers.set("transfer", () => refuse(code, { retryable: code !== Code.INTERNAL, retryAfterMs: 3000 }));
    const settles = stage.client.order(pay());
    const first = await stage.bank.last.asked("transfer");
    await rest();
    assert.equal(stage.client.orders[0]?.state, code === Code.OUTCOME_UNKNOWN ? "unknown" : "sending");
    stage.bank.handlers.clear();
    if (code !== Code.INTERNAL) {
      await stage.world.clock.advance(2999);
      assert.equal(stage.bank.last.commands.filter((command) => command.request.case === "transfer").length, 1);
    }
    await stage.world.clock.advance(10_000);
    const second = await stage.bank.last.asked("transfer", 2);
    assert.deepEqual(second.idempotencyKey, first.idempotencyKey);
    assert.equal((await settles).state, "done");
    assert.equal(stage.bank.ledger.paid, 1);
    stage.client.close();
  });
}

test("key_stale settles: certainly unpaid", async () => {
  const stage = await Stage.signedIn(1000n);
  stage.bank.handlers.set("transfer", (_, side) => void side.cut());
  const settles = stage.client.order(pay());
  await stage.ordered("unknown");
  stage.bank.handlers.set("transfer", () => refuse(Code.KEY_STALE));
  await stage.back();
  const order = await settles;
  assert.equal(order.state, "refused");
  assert.equal(order.error?.name_, "key_stale");
  stage.client.close();
});

for (const code of [Code.INVALID_ARGUMENT, Code.PERMISSION_DENIED, Code.UNAUTHENTICATED]) {
  test(`${Code[code]} settles an order that was never sent before, and not one that was`, async () => {
    const stage = await Stage.signedIn(1000n);
    stage.bank.handlers.set("transfer", () => refuse(code));
    assert.equal((await stage.client.order(pay())).state, "refused");

    stage.bank.handlers.set("transfer", paysAndCuts(stage));
    const settles = stage.client.order(pay());
    await stage.ordered("unknown");
    stage.bank.handlers.set("transfer", () => refuse(code));
    await stage.back();
    await stage.ordered("unknown", 2);
    assert.equal(stage.client.orders[1]?.error?.code, code);
    stage.bank.handlers.clear();
    await stage.world.clock.advance(90_000);
    assert.equal((await settles).state, "done");
    assert.equal(stage.bank.ledger.paid, 1);
    stage.client.close();
  });
}

test("an order without a link waits unsent, and goes when there is one", async () => {
  const stage = await Stage.signedIn(1000n);
  await stage.cut();
  const settles = stage.client.order(pay());
  await stage.ordered("sending");
  await rest();
  assert.equal(stage.client.orders[0]?.state, "sending");
  await stage.back();
  assert.equal((await settles).state, "done");
  stage.client.close();
});

test("the same key is the same order, and another command under it is a mistake", async () => {
  const stage = await Stage.signedIn(1000n);
  const key = "0199a000-0000-7000-8000-000000000001";
  const [a, b] = await Promise.all([stage.client.order(pay(), key), stage.client.order(pay(), key)]);
  assert.equal(a, b);
  assert.equal(stage.bank.ledger.paid, 1);
  await assert.rejects(stage.client.order(pay(5n), key), TypeError);
  await assert.rejects(stage.client.order(pay(), "not a key"), TypeError);
  await assert.rejects(stage.client.order(pay(0n)), RangeError);
  await assert.rejects(stage.client.order({ ...pay(), to: "x".repeat(100_000) } as OrderCommand), RangeError);
  await assert.rejects(stage.client.order({ ...pay(), currency: "pesos" } as OrderCommand), RangeError);
  stage.client.close();
});

test("a receipt for another order is not believed", async () => {
  const stage = await Stage.signedIn(1000n);
  stage.bank.handlers.set("transfer", async (command, side) => {
    stage.bank.handlers.delete("transfer");
    const result = await stage.bank.standard(command, side);
    return result?.case === "receipt" ? { case: "receipt", value: { ...result.value, amountMinor: 1n } } : result;
  });
  const settles = stage.client.order(pay());
  await stage.ordered("unknown");
  await until(() => stage.bank.last.closeCode !== undefined, "the reason of the end");
  assert.equal(stage.bank.last.closeCode, 4501);
  await stage.back();
  assert.equal((await settles).receipt?.amountMinor, 100n);
  stage.client.close();
});

test("unsettled orders go to the same user at the same bank only", async () => {
  const stage = await Stage.signedIn(1000n);
  stage.bank.handlers.set("transfer", (_, side) => void side.cut());
  stage.client.order(pay()).catch(() => undefined);
  await stage.ordered("unknown");
  await stage.client.signOut({ revoke: true });
  assert.equal(stage.client.orders.length, 0);
  stage.bank.handlers.clear();

  stage.bank.username = "luis";
  await stage.client.login({ ...credentials, username: "luis" });
  await stage.live();
  await rest();
  assert.equal(stage.client.orders.length, 0);
  assert.equal(stage.bank.ledger.paid, 0);
  await stage.client.signOut({ revoke: true });

  stage.bank.username = "ana";
  await stage.client.login(credentials);
  assert.equal((await stage.ordered("done")).username, "ana");
  stage.client.close();
});

test("only what is settled can be dismissed, and stays away", async () => {
  const stage = await Stage.signedIn(1000n);
  const { key } = await stage.client.order(pay());
  await stage.client.dismissOrder(key);
  assert.deepEqual(stage.told.dismissed, [{ key }]);
  assert.equal(stage.client.orders.length, 0);

  stage.bank.handlers.set("transfer", () => undefined);
  stage.client.order(pay()).catch(() => undefined);
  const sending = await stage.ordered("sending", 2);
  await assert.rejects(stage.client.dismissOrder(sending.key), TypeError);
  stage.client.close();
});

test("two pages on one store pay once, and both learn of it", async () => {
  const shared = new SharedStore();
  const stage = await Stage.set(shared);
  await stage.bank.ledger.post(1000n);
  stage.client.start();
  await stage.client.login(credentials);
  await stage.live();
  stage.bank.handlers.set("transfer", () => undefined); // the first page gets no answer
  const waits = stage.client.order(pay());
  await stage.ordered("sending");
  await stage.bank.last.asked("transfer");

  stage.bank.handlers.clear();
  const second = stage.beside();
  second.client.start();
  const order = await second.ordered("done");
  assert.equal((await waits).receipt?.transferId, order.receipt?.transferId);
  assert.equal(stage.bank.ledger.paid, 1);
  assert.ok(stage.client.orders.every(settled));
  await second.client.dismissOrder(order.key);
  await until(() => stage.client.orders.length === 0, "it is dismissed in both");
  stage.client.close();
  second.client.close();
});

test("old orders that are settled are swept, unsettled ones never", async () => {
  const stage = await Stage.signedIn(1000n);
  await stage.client.order(pay());
  stage.bank.handlers.set("transfer", (_, side) => void side.cut());
  stage.client.order(pay()).catch(() => undefined);
  const unknown = await stage.ordered("unknown");
  stage.bank.handlers.set("transfer", () => undefined);
  stage.world.clock.sleep(8 * 24 * 3_600_000);
  stage.bank.house = await makeBank({
    identity: stage.bank.house.identity,
    notBefore: stage.world.clock.now() / 1000 - 3600,
    notAfter: stage.world.clock.now() / 1000 + 3600,
  });
  const again = stage.reloaded();
  again.client.start();
  await again.live();
  await again.ordered("unknown");
  assert.deepEqual(
    again.client.orders.map((order) => order.key),
    [unknown.key],
  );
  again.client.close();
});

test("a page that goes on for long keeps the newest settled orders only", async () => {
  const stage = await Stage.signedIn(1000n);
  for (let n = 0; n < 5; n++) await Promise.all(Array.from({ length: 50 }, () => stage.client.order(pay(1n))));
  await rest();
  assert.equal(stage.bank.ledger.paid, 250);
  assert.equal(stage.client.orders.length, 200);
  assert.equal(stage.told.dismissed.length, 50);
  assert.equal((await stage.store.readOrders(stage.bank.house.identity.publicKey, "ana")).length, 200);
  assert.equal(stage.client.orders.at(-1)?.key, stage.told.order.map(({ key }) => key).sort().at(-1));
  stage.client.close();
});
