import assert from "node:assert/strict";
import { test } from "node:test";

import { LinkError } from "../../src/caudal/client/errors.ts";
import { MemoryStore } from "../../src/caudal/client/memory-store.ts";
import type { Pin } from "../../src/caudal/client/store.ts";
import { makeBank, makeIdentity, nowMs, predecessor } from "../channel/bank.ts";
import { credentials, pay, Stage } from "./harness.ts";
import { rest } from "./world.ts";

test("the first contact is remembered, and said", async () => {
  const stage = await Stage.signedIn();
  assert.equal(stage.client.channel?.firstContact, true);
  const pin = await stage.client.pin();
  assert.equal(pin?.fingerprint, stage.client.channel?.fingerprint);
  assert.equal(pin?.sinceMs, nowMs);
  await stage.cut();
  await stage.back();
  await stage.live();
  assert.equal(stage.client.channel?.firstContact, false);
  stage.client.close();
});

test("another identity stops the link before anything is said to it, for good", async () => {
  const stage = await Stage.signedIn();
  const pinned = await stage.client.pin();
  await stage.cut();
  stage.bank.house = await makeBank();
  await stage.back();
  await stage.linked("stopped");
  const { link } = stage.client;
  assert.ok(link.kind === "stopped" && link.why.code === "identity_changed");
  assert.equal(link.why.pinned, pinned?.fingerprint);
  assert.notEqual(link.why.offered, pinned?.fingerprint);
  await rest();
  const side = stage.bank.last;
  assert.equal(side.shaken, true);
  assert.equal(side.commands.length, 0);
  assert.equal(side.closeCode, undefined);
  assert.equal(side.gone, true);

  const dials = stage.bank.sides.length;
  await stage.world.clock.advance(3_600_000);
  stage.world.hint("online");
  await rest();
  assert.equal(stage.bank.sides.length, dials);
  await assert.rejects(stage.client.login(credentials), LinkError);
  assert.equal(stage.bank.sides.length, dials);
});

test("forgetting the pin meets the bank anew; the old device and the old orders never go there", async () => {
  const stage = await Stage.signedIn(1000n);
  stage.bank.handlers.set("transfer", (_, side) => void side.cut());
  stage.client.order(pay()).catch(() => undefined);
  await stage.ordered("unknown");
  const old = stage.bank.house;
  stage.bank.handlers.clear();
  stage.bank.house = await makeBank();
  await stage.back();
  await stage.linked("stopped");
  await stage.client.forgetPin();
  assert.equal(await stage.client.pin(), undefined);
  assert.equal(stage.client.session, undefined);
  assert.equal(await stage.store.readDevice("wss://bank.example"), undefined);

  stage.client.start();
  await stage.linked("live");
  await stage.client.login(credentials);
  await stage.live();
  await rest();
  assert.equal(stage.client.channel?.firstContact, true);
  assert.equal(stage.client.orders.length, 0);
  assert.equal(stage.bank.ledger.paid, 0);
  assert.equal((await stage.store.readOrders(old.identity.publicKey, "ana"))[0]?.state, "sending");
  stage.client.close();
});

test("a dial that was given up remembers nobody after the pin was forgotten", async () => {
  class Slow extends MemoryStore {
    go: () => void = () => undefined;
    override async readPin(bank: string): Promise<Pin | undefined> {
      const pin = await super.readPin(bank);
      await new Promise<void>((resolve) => (this.go = resolve));
      return pin;
    }
  }
  const store = new Slow();
  const stage = await Stage.set(store);
  stage.client.start();
  await rest(); // the handshake is made, and the store asked who is remembered
  assert.equal(stage.bank.last.shaken, true);
  stage.client.close();
  await stage.client.forgetPin();
  store.go();
  await rest();
  assert.equal(await MemoryStore.prototype.readPin.call(store, "wss://bank.example"), undefined);
});

test("a pin that another page forgets while it moves is met anew", async () => {
  class Racing extends MemoryStore {
    override async movePin(bank: string): Promise<boolean> {
      await super.forgetPin(bank);
      return false;
    }
  }
  const stage = await Stage.set(new Racing());
  stage.client.start();
  await stage.linked("live");
  const identity = await makeIdentity();
  const extensions = await predecessor(stage.bank.house.identity, identity.publicKey);
  stage.bank.house = await makeBank({ identity, extensions });
  await stage.cut();
  await stage.back();
  await stage.linked("live");
  assert.equal(stage.client.channel?.firstContact, true);
  stage.client.close();
});

test("the pin is not forgotten while there is a link", async () => {
  const stage = await Stage.signedIn();
  await assert.rejects(stage.client.forgetPin(), LinkError);
  assert.ok(await stage.client.pin());
  stage.client.close();
});

test("an identity that the remembered one vouches for takes its place, with device and orders, and that is said", async () => {
  const stage = await Stage.signedIn(1000n);
  stage.bank.handlers.set("transfer", (_, side) => void side.cut());
  const settles = stage.client.order(pay());
  await stage.ordered("unknown");
  stage.bank.handlers.clear();
  const identity = await makeIdentity();
  const extensions = await predecessor(stage.bank.house.identity, identity.publicKey);
  stage.bank.house = await makeBank({ identity, extensions });
  await stage.back();
  await stage.live();
  assert.equal(stage.client.channel?.pinMoved, true);
  assert.equal((await stage.client.pin())?.fingerprint, stage.client.channel?.fingerprint);
  assert.equal((await settles).state, "done");
  await stage.cut();
  await stage.back();
  await stage.live();
  assert.equal(stage.client.channel?.pinMoved, false);
  stage.client.close();
});

test("a certificate that does not hold stops the link; a handshake that was altered on the way does not", async () => {
  const stage = await Stage.set();
  const { house } = stage.bank;
  stage.bank.house = await makeBank({ identity: house.identity, notAfter: nowMs / 1000 - 1 });
  stage.client.start();
  await stage.linked("stopped");
  const { link } = stage.client;
  assert.ok(link.kind === "stopped" && link.why.code === "channel");
  assert.equal(link.why.error.code, "certificate_expired");
  assert.equal(stage.bank.last.commands.length, 0);

  stage.bank.house = house;
  stage.bank.alterMessage2 = (message) => message.with(40, (message[40] ?? 0) ^ 1) as typeof message;
  stage.client.start();
  await stage.linked("waiting");
  assert.equal(stage.why, "bad_record");
  stage.bank.alterMessage2 = (message) => message;
  await stage.back();
  await stage.linked("live");
  stage.client.close();
});
