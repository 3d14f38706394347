import assert from "node:assert/strict";
import { test } from "node:test";

import { firstHead } from "../../src/caudal/chain.ts";
import { Code } from "../../src/caudal/gen/caudal/v1/caudal_pb.ts";
import { makeBank, makeIdentity, predecessor } from "../channel/bank.ts";
import { refuse } from "./fake-bank.ts";
import { other, own } from "./fake-ledger.ts";
import { credentials, Stage } from "./harness.ts";
import { rest, until } from "./world.ts";

/** The legs that were told, as "seq" or "seq late". */
function legs(stage: Stage): string[] {
  return stage.told.leg.map(({ leg, fresh }) => (fresh ? `${leg.seq}` : `${leg.seq} late`));
}

test("a change comes as an account and a leg, checked against the chain", async () => {
  const stage = await Stage.signedIn(1000n);
  assert.equal(stage.client.accounts.get(own)?.balanceMinor, 1000n);
  assert.deepEqual(legs(stage), []);
  await stage.bank.last.event(await stage.bank.ledger.post(-300n, "café"));
  await until(() => stage.told.leg.length === 1, "a leg");
  assert.deepEqual(legs(stage), ["2"]);
  const account = stage.client.accounts.get(own);
  assert.equal(account?.balanceMinor, 700n);
  assert.equal(account?.name, "Main account");
  assert.deepEqual(account?.head, stage.bank.ledger.head);
  assert.deepEqual(stage.told.diverged, []);
  stage.client.close();
});

test("the newest version wins", async () => {
  const stage = await Stage.signedIn(1000n);
  const first = await stage.bank.ledger.post(1n);
  const second = await stage.bank.ledger.post(2n);
  await stage.bank.last.event(second);
  await stage.bank.last.event(first);
  await stage.bank.last.event(second);
  await until(() => stage.told.leg.length === 2, "both legs");
  await rest();
  assert.equal(stage.client.accounts.get(own)?.balanceMinor, 1003n);
  assert.equal(stage.told.account.length, 1);
  assert.deepEqual(legs(stage), ["2 late", "3"]);
  stage.client.close();
});

test("a gap is filled from the history before what comes after it goes out", async () => {
  const stage = await Stage.signedIn(1000n);
  stage.bank.ledger.pageMax = 2;
  for (let n = 0; n < 6; n++) await stage.bank.ledger.post(1n);
  await stage.bank.last.event(stage.bank.ledger.event()); // for a slow reader: without its leg
  await stage.bank.last.event(await stage.bank.ledger.post(1n));
  await until(() => stage.told.leg.length === 7, "all legs");
  assert.deepEqual(legs(stage), ["2 late", "3 late", "4 late", "5 late", "6 late", "7 late", "8"]);
  assert.deepEqual(stage.told.diverged, []);
  stage.client.close();
});

test("legs that were missed while away come with the subscription, from where they were seen", async () => {
  const stage = await Stage.signedIn(1000n);
  await stage.bank.last.event(await stage.bank.ledger.post(1n));
  await until(() => stage.told.leg.length === 1, "a leg");
  await stage.cut();
  assert.equal(stage.client.subscribed, false);
  await stage.bank.ledger.post(2n);
  await stage.bank.ledger.post(3n);
  await stage.back();
  await until(() => stage.told.leg.length === 3, "the legs between");
  assert.deepEqual(legs(stage), ["2", "3 late", "4 late"]);
  const request = (await stage.bank.last.asked("subscribe")).request;
  assert.equal(request.case === "subscribe" && request.value.positions[0]?.seq, 2n);
  stage.client.close();
});

test("after a reload the positions are those that were seen before", async () => {
  const stage = await Stage.signedIn(1000n);
  await stage.bank.last.event(await stage.bank.ledger.post(1n));
  await until(() => stage.told.leg.length === 1, "a leg");
  await rest();
  const again = stage.reloaded();
  await stage.bank.ledger.post(2n);
  again.client.start();
  await until(() => again.told.leg.length === 1, "the leg between");
  assert.deepEqual(legs(again), ["3 late"]);
  again.client.close();
});

test("a snapshot is filled where it is short", async () => {
  const stage = await Stage.signedIn(1000n);
  await stage.cut();
  stage.bank.ledger.missingMax = 10;
  for (let n = 0; n < 60; n++) await stage.bank.ledger.post(1n);
  await stage.back();
  await until(() => stage.told.leg.length === 60, "all legs");
  assert.deepEqual(stage.told.skipped, []);
  stage.client.close();
});

test("where too many legs are missing that is said, and what follows is checked again", async () => {
  const stage = await Stage.signedIn(1000n);
  await stage.cut();
  stage.bank.ledger.missingMax = 10;
  for (let n = 0; n < 501; n++) await stage.bank.ledger.post(1n);
  await stage.back();
  await until(() => stage.told.skipped.length === 1, "a skip");
  assert.deepEqual(stage.told.skipped, [{ account: own }]);
  assert.deepEqual(legs(stage), []);
  await stage.bank.last.event(await stage.bank.ledger.post(1n));
  await until(() => stage.told.leg.length === 1, "the next leg");
  assert.deepEqual(legs(stage), ["503"]);
  assert.deepEqual(stage.told.diverged, []);
  stage.client.close();
});

test("history that is refused for a moment is asked again", async () => {
  const stage = await Stage.signedIn(1000n);
  await stage.bank.ledger.post(1n);
  stage.bank.handlers.set("history", () => {
    stage.bank.handlers.clear();
    return refuse(Code.RATE_LIMITED, { retryable: true, retryAfterMs: 500 });
  });
  await stage.bank.last.event(stage.bank.ledger.event());
  await rest();
  assert.deepEqual(legs(stage), []);
  await stage.world.clock.advance(2000);
  await until(() => stage.told.leg.length === 1, "the leg");
  stage.client.close();
});

test("a bank that does not have what was seen has diverged, which stays said", async () => {
  const stage = await Stage.signedIn(1000n);
  await rest();
  await stage.cut();
  stage.bank.ledger.legs.length = 0;
  await stage.bank.ledger.post(5n);
  await stage.bank.ledger.post(5n);
  await stage.back();
  await until(() => stage.told.diverged.length > 0, "a divergence");
  assert.deepEqual([...stage.client.diverged], [own]);
  assert.equal(stage.client.accounts.get(own)?.balanceMinor, 1010n);
  await stage.bank.last.event(await stage.bank.ledger.post(1n));
  await until(() => stage.told.leg.length === 1, "life goes on");
  await rest();

  const again = stage.reloaded();
  again.client.start();
  await until(() => again.told.diverged.length > 0, "the alarm again");
  again.client.close();
});

for (const [what, alter] of [
  ["a head of another chain", (leg: { head: Uint8Array }) => (leg.head = new Uint8Array(32).fill(9))],
  ["an amount that does not add up", (leg: { amountMinor: bigint }) => (leg.amountMinor += 1n)],
  ["another counterparty", (leg: { counterparty: string }) => (leg.counterparty = "032180000118359719")],
  ["another memo", (leg: { memo: string }) => (leg.memo = "tea")],
] as const) {
  test(`${what} is a divergence`, async () => {
    const stage = await Stage.signedIn(1000n);
    const event = await stage.bank.ledger.post(-10n, "café");
    assert.equal(stage.bank.ledger.legs[1]?.counterparty, other);
    const leg = stage.bank.ledger.legs[1];
    assert.ok(leg);
    alter(leg);
    await stage.bank.last.event(event);
    await until(() => stage.told.diverged.length === 1, "a divergence");
    stage.client.close();
  });
}

test("an account without legs begins with the head of this bank, and its first leg continues that", async () => {
  const stage = await Stage.signedIn();
  await stage.bank.last.event(await stage.bank.ledger.post(5n));
  await until(() => stage.told.leg.length === 1, "a leg");
  await rest();
  assert.deepEqual(stage.told.diverged, []);
  stage.client.close();
});

test("a first head of another bank, account or currency is a divergence", async () => {
  const stage = await Stage.set();
  stage.bank.ledger.first = await firstHead(stage.bank.house.identity.publicKey, own, "USD");
  stage.client.start();
  await stage.client.login(credentials);
  await until(() => stage.told.diverged.length === 1, "a divergence");
  stage.client.close();
});

test("money on an account without legs is a divergence", async () => {
  const stage = await Stage.set();
  stage.bank.ledger.balanceMinor = 100n;
  stage.client.start();
  await stage.client.login(credentials);
  await until(() => stage.told.diverged.length === 1, "a divergence");
  stage.client.close();
});

test("the first head of a bank that has changed its identity may be any of its former ones", async () => {
  const stage = await Stage.set();
  stage.bank.ledger.first = new Uint8Array(32).fill(3); // of the identity before the one before
  const before = stage.bank.house.identity;
  const identity = await makeIdentity();
  const extensions = await predecessor(before, identity.publicKey);
  stage.bank.house = await makeBank({ identity, extensions });
  stage.client.start();
  await stage.client.login(credentials);
  await stage.live();
  await rest();
  assert.deepEqual(stage.told.diverged, []);
  stage.client.close();
});

test("a pin that has moved is remembered as moved, when the bank names its predecessor no more", async () => {
  const stage = await Stage.set();
  stage.client.start();
  await stage.linked("live");
  const before = stage.bank.house.identity;
  const identity = await makeIdentity();
  stage.bank.house = await makeBank({ identity, extensions: await predecessor(before, identity.publicKey) });
  await stage.cut();
  await stage.back();
  await stage.linked("live");
  assert.equal(stage.client.channel?.pinMoved, true);
  stage.bank.house = await makeBank({ identity });
  await stage.cut();
  await stage.back();
  await stage.linked("live");
  await stage.client.login(credentials);
  await stage.live();
  await rest();
  assert.deepEqual(stage.told.diverged, []);
  stage.client.close();
});

test("an account whose version went back is a divergence", async () => {
  const stage = await Stage.signedIn(1000n);
  stage.bank.ledger.version = 9n;
  await stage.bank.last.event(stage.bank.ledger.event()); // such as a hold
  await until(() => stage.client.accounts.get(own)?.version === 9n, "the version");
  await stage.cut();
  stage.bank.ledger.version = 8n;
  await stage.back();
  await until(() => stage.told.diverged.length === 1, "a divergence");
  stage.client.close();
});

test("a balance that changes without a leg is a divergence", async () => {
  const stage = await Stage.signedIn(1000n);
  const { ledger } = stage.bank;
  ledger.version++;
  await stage.bank.last.event(ledger.event()); // such as a hold
  await rest();
  assert.deepEqual(stage.told.diverged, []);
  ledger.version++;
  ledger.balanceMinor += 1n;
  await stage.bank.last.event(ledger.event());
  await until(() => stage.told.diverged.length === 1, "a divergence");
  stage.client.close();
});

test("a balance that its legs do not lead to is a divergence", async () => {
  const stage = await Stage.signedIn(1000n);
  const { ledger } = stage.bank;
  await ledger.post(5n);
  ledger.balanceMinor += 1n;
  await stage.bank.last.event(ledger.event()); // for a slow reader: without its leg
  await until(() => stage.told.diverged.length === 1, "a divergence");
  assert.deepEqual(legs(stage), ["2 late"]);
  stage.client.close();
});

test("what was asked on a connection that is gone holds nothing up on the next", async () => {
  const stage = await Stage.signedIn(1000n);
  await stage.bank.ledger.post(1n);
  stage.bank.handlers.set("history", () => refuse(Code.RATE_LIMITED, { retryable: true, retryAfterMs: 60_000 }));
  await stage.bank.last.event(stage.bank.ledger.event());
  await stage.bank.last.asked("history");
  await rest();
  await stage.cut();
  await stage.back();
  await until(() => stage.told.leg.length === 1, "the leg that was missing");
  stage.client.close();
});

test("an account that is gone is a divergence", async () => {
  const stage = await Stage.signedIn(1000n);
  await stage.cut();
  stage.bank.handlers.set("subscribe", () => ({ case: "subscribe", value: { accounts: [] } }));
  await stage.back();
  await until(() => stage.told.diverged.length === 1, "a divergence");
  stage.client.close();
});

test("an account that is opened or renamed is there at once", async () => {
  const stage = await Stage.signedIn(1000n);
  const head = await firstHead(stage.bank.house.identity.publicKey, other, "MXN");
  const account = { ...stage.bank.ledger.account(), clabe: other, name: "Savings", version: 1n, seq: 0n, balanceMinor: 0n, head };
  await stage.bank.last.event({ case: "accountOpened", value: { account } });
  await until(() => stage.client.accounts.size === 2, "the account");
  await stage.bank.last.event({ case: "accountRenamed", value: { account: { ...account, name: "Trip", version: 2n } } });
  await until(() => stage.client.accounts.get(other)?.name === "Trip", "the name");
  await stage.bank.last.event({ case: "accountRenamed", value: { account: { ...account, name: "Old", version: 1n } } });
  await rest();
  assert.equal(stage.client.accounts.get(other)?.name, "Trip");
  assert.deepEqual(stage.told.diverged, []);
  stage.client.close();
});

test("devices come with the subscription and change by events", async () => {
  const stage = await Stage.signedIn();
  const id = new Uint8Array(16).fill(5);
  await stage.bank.last.event({ case: "deviceAdded", value: { device: { id, name: "Phone" } } });
  await stage.bank.last.event({ case: "deviceRenamed", value: { deviceId: id, name: "Old phone" } });
  await until(() => stage.client.devices[0]?.name === "Old phone", "the device");
  await stage.bank.last.event({ case: "deviceRevoked", value: { deviceId: id } });
  await until(() => stage.client.devices.length === 0, "it is gone");
  stage.client.close();
});

test("nothing of the user before is left when another signs in", async () => {
  const stage = await Stage.signedIn(1000n);
  await stage.client.signOut({ revoke: true });
  assert.equal(stage.client.accounts.size, 0);
  assert.deepEqual(stage.told.accounts.at(-1), []);
  assert.equal(stage.client.subscribed, false);
});
