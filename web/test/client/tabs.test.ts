import assert from "node:assert/strict";
import { test } from "node:test";

import { credentials, Stage } from "./harness.ts";
import { SharedStore } from "./shared-store.ts";
import { rest, until } from "./world.ts";

/** Two pages at one bank, the first of which is signed in. */
async function twoPages(): Promise<[Stage, Stage]> {
  const first = await Stage.set(new SharedStore());
  const second = first.beside();
  second.client.start();
  await second.linked("live");
  first.client.start();
  await first.client.login(credentials);
  await first.live();
  return [first, second];
}

test("a page where nobody is signed in is, once another page of the browser is", async () => {
  const [first, second] = await twoPages();
  await second.live();
  assert.equal(second.client.session?.username, "ana");
  assert.equal(first.bank.devices.length, 1);
  first.client.close();
  second.client.close();
});

test("signing out on one page signs out on the other, and signing in again signs in on both", async () => {
  const [first, second] = await twoPages();
  await second.live();
  await first.client.signOut({ revoke: true });
  await second.linked("stopped");
  assert.deepEqual(second.client.link, { kind: "stopped", why: { code: "logged_out" } });
  assert.equal(second.client.session, undefined);
  assert.equal(second.client.accounts.size, 0);
  await first.client.login(credentials);
  await second.live();
  assert.equal(second.told.session.at(-1)?.username, "ana");
  first.client.close();
  second.client.close();
});

test("another user's device takes the place of the first one's: nothing of theirs stays on any page", async () => {
  const [first, second] = await twoPages();
  await second.live();
  await first.client.signOut({ revoke: true });
  first.bank.username = "luis";
  await first.client.login({ ...credentials, username: "luis" });
  await until(() => second.told.session.at(-1)?.username === "luis", "the second page");
  await rest();
  assert.equal(second.client.session?.device.id[0], 2);
  first.client.close();
  second.client.close();
});

test("a pin that is forgotten on one page takes the other's device too", async () => {
  const [first, second] = await twoPages();
  await second.live();
  first.client.close();
  await first.client.forgetPin();
  assert.equal(await second.store.readDevice("wss://bank.example"), undefined);
  await second.cut();
  await second.back();
  await second.linked("live");
  assert.equal(second.client.session, undefined);
  assert.equal(second.client.accounts.size, 0);
  assert.equal(second.client.channel?.firstContact, true);
  second.client.close();
});
