import assert from "node:assert/strict";
import { test } from "node:test";

import { LinkError, StoreError } from "../../src/caudal/client/errors.ts";
import { MemoryStore } from "../../src/caudal/client/memory-store.ts";
import type { Order, OrderState } from "../../src/caudal/client/order.ts";
import { orderOf, orderRecord } from "../../src/caudal/client/order-record.ts";
import { Code } from "../../src/caudal/gen/caudal/v1/caudal_pb.ts";
import { makeBank } from "../channel/bank.ts";
import { refuse } from "./fake-bank.ts";
import { credentials, pay, Stage } from "./harness.ts";
import { rest, until } from "./world.ts";

/** A store whose writes of orders a test holds up, or lets fail. */
class SlowStore extends MemoryStore {
  before: () => Promise<void> = () => Promise.resolve();

  override async updateOrder(order: Order, only?: OrderState): Promise<Order | undefined> {
    await this.before();
    return await super.updateOrder(order, only);
  }
}

/** Somebody with money is signed in. */
async function funded(store = new MemoryStore()): Promise<Stage> {
  const stage = await Stage.set(store);
  await stage.bank.ledger.post(1000n);
  stage.client.start();
  await stage.client.login(credentials);
  await stage.live();
  return stage;
}

function transfers({ bank }: Stage): number {
  return bank.sides.flatMap((side) => side.commands).filter((command) => command.request.case === "transfer").length;
}

test("a refusal that the bank is not bound to is in the store before anybody is told", async () => {
  const store = new SlowStore();
  const stage = await funded(store);
  let go: () => void = () => undefined;
  store.before = () => new Promise((resolve) => (go = resolve));
  stage.bank.handlers.set("transfer", () => refuse(Code.PERMISSION_DENIED));
  const settles = stage.client.order(pay());
  await stage.bank.last.asked("transfer");
  await rest();
  assert.equal(stage.client.orders[0]?.state, "sending");
  go();
  assert.equal((await settles).state, "refused");
  const [kept] = await store.readOrders(stage.bank.house.identity.publicKey, "ana");
  assert.equal(kept?.state, "refused");
  stage.client.close();
});

test("where it cannot be stored it is not told: the order goes on", async () => {
  const store = new SlowStore();
  const stage = await funded(store);
  store.before = () => Promise.reject(new StoreError("failed", "the disk is full"));
  stage.bank.handlers.set("transfer", () => refuse(Code.PERMISSION_DENIED));
  const settles = stage.client.order(pay());
  await stage.bank.last.asked("transfer");
  await rest();
  assert.equal(stage.client.orders[0]?.state, "sending");
  store.before = () => Promise.resolve();
  stage.bank.handlers.clear();
  await stage.world.clock.advance(90_000);
  assert.equal((await settles).state, "done");
  assert.deepEqual(
    stage.told.order.map((order) => order.state),
    ["sending", "done"],
  );
  stage.client.close();
});

test("what another page may have sent is not settled by such a refusal", async () => {
  const first = await funded();
  await first.cut();
  const settles = first.client.order(pay());
  await first.ordered("sending");

  const second = first.beside();
  first.bank.handlers.set("transfer", async (command, side) => {
    await first.bank.standard(command, side);
    side.cut(); // paid, and nobody is told
    return undefined;
  });
  second.client.start();
  await second.linked("waiting");
  second.client.close();
  assert.equal(first.bank.ledger.paid, 1);

  first.bank.handlers.set("transfer", () => refuse(Code.PERMISSION_DENIED));
  await first.back();
  await first.ordered("unknown");
  first.bank.handlers.clear();
  await first.world.clock.advance(90_000);
  assert.equal((await settles).state, "done");
  assert.equal(first.bank.ledger.paid, 1);
  first.client.close();
});

test("an order that was settled and dismissed on another page is not sent from this one", async () => {
  const first = await funded();
  await first.cut();
  const rejected = assert.rejects(first.client.order(pay(5000n)), LinkError);
  await first.ordered("sending");

  const second = first.beside();
  second.client.start();
  const { key } = await second.ordered("refused");
  await rest();
  await second.client.dismissOrder(key);
  second.client.close();
  await first.bank.ledger.post(10_000n);
  const sent = transfers(first);

  await first.back();
  await first.live();
  await rejected;
  await first.world.clock.advance(90_000);
  assert.equal(transfers(first), sent);
  assert.equal(first.client.orders.length, 0);
  assert.deepEqual(first.told.dismissed, [{ key }]);
  assert.equal(first.bank.ledger.paid, 0);
  first.client.close();
});

test("an order of a page that missed how the bank became another one goes to no other", async () => {
  const first = await funded();
  first.bank.handlers.set("transfer", (_, side) => void side.cut());
  const rejected = assert.rejects(first.client.order(pay()), LinkError);
  await first.ordered("unknown");
  const sent = transfers(first);

  first.bank.handlers.clear();
  first.bank.house = await makeBank();
  const second = first.beside();
  await second.client.forgetPin();
  second.client.start();
  await second.client.login(credentials);
  await first.back();
  await first.live();
  await rejected;
  await first.world.clock.advance(90_000);
  assert.equal(transfers(first), sent);
  assert.equal(first.client.orders.length, 0);
  first.client.close();
  second.client.close();
});

test("an order that is in flight while its user signs out is not sent as another's", async () => {
  const stage = await funded();
  stage.bank.handlers.set("transfer", () => undefined);
  stage.client.order(pay()).catch(() => undefined);
  const transfer = await stage.bank.last.asked("transfer");
  stage.bank.handlers.set("logout", async (command, side) => {
    await side.reply(transfer.id, refuse(Code.BUSY, { retryable: true }));
    return await stage.bank.standard(command, side);
  });
  await stage.client.signOut({ revoke: true });
  stage.bank.username = "luis";
  await stage.client.login({ ...credentials, username: "luis" });
  await stage.live();
  await stage.world.clock.advance(90_000);
  await until(() => stage.client.link.kind === "live", "a link");
  assert.equal(transfers(stage), 1);
  assert.equal(stage.client.orders.length, 0);
  stage.client.close();
});

test("an order that cannot be read any more is said, not left out", async () => {
  const stage = await funded();
  const order = await stage.client.order(pay());
  const record = orderRecord("00", order);
  assert.equal(orderOf(record).receipt?.transferId, order.receipt?.transferId);
  assert.throws(() => orderOf({ ...record, receipt: Uint8Array.of(0xff) }), StoreError);
  stage.client.close();
});
