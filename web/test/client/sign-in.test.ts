import assert from "node:assert/strict";
import { test } from "node:test";

import { BrowserStore } from "../../src/caudal/client/browser-store.ts";
import { BankError, LinkError, StoreError } from "../../src/caudal/client/errors.ts";
import { MemoryStore } from "../../src/caudal/client/memory-store.ts";
import type { StoredDevice } from "../../src/caudal/client/store.ts";
import { Code, DeviceAlgorithm } from "../../src/caudal/gen/caudal/v1/caudal_pb.ts";
import { refuse } from "./fake-bank.ts";
import { credentials, Stage } from "./harness.ts";
import { rest, until } from "./world.ts";

test("reads the store before it is known whether there is a device", async () => {
  const { client } = await Stage.set();
  assert.equal(client.hasDevice, undefined);
  client.start();
  await until(() => client.hasDevice !== undefined, "the store was read");
  assert.equal(client.hasDevice, false);
  client.close();
});

test("enrols a device at login, and comes back with its key alone", async () => {
  const stage = await Stage.signedIn();
  assert.equal(stage.client.session?.username, "ana");
  assert.equal(stage.client.hasDevice, true);
  const stored = await stage.store.readDevice("wss://bank.example");
  assert.equal(stored?.privateKey.extractable, false);

  const again = stage.reloaded();
  again.client.start();
  await again.live();
  assert.equal(again.client.session?.username, "ana");
  assert.deepEqual(
    again.bank.last.commands.map((command) => command.request.case),
    ["hello", "resume", "subscribe"],
  );
  again.client.close();
});

test("a browser without Ed25519 makes a key on P-256", async (t) => {
  const generate = crypto.subtle.generateKey.bind(crypto.subtle);
  const lacking = (...[algorithm, extractable, usages]: Parameters<typeof generate>) =>
    typeof algorithm === "object" && algorithm.name === "Ed25519"
      ? Promise.reject(new DOMException("unknown", "NotSupportedError"))
      : generate(algorithm, extractable, usages);
  const stage = await Stage.set();
  stage.client.start();
  await stage.linked("live");
  t.mock.method(crypto.subtle, "generateKey", lacking as typeof generate);
  await stage.client.login(credentials);
  const login = (await stage.bank.last.asked("login")).request;
  assert.equal(login.case === "login" && login.value.device?.algorithm, DeviceAlgorithm.ECDSA_P256);
  assert.equal(login.case === "login" && login.value.device?.publicKey.length, 65);
  assert.equal(login.case === "login" && login.value.device?.signature.length, 64);
  const again = stage.reloaded();
  again.client.start();
  await again.live();
  assert.equal(again.client.session?.username, "ana");
  again.client.close();
});

test("no storage is an error of its own, not a store that forgets", async () => {
  await assert.rejects(BrowserStore.open("caudal"), (error) => error instanceof StoreError && error.code === "unavailable");
});

test("says what a wrong password is, and takes the right one on the same connection", async () => {
  const stage = await Stage.set();
  stage.client.start();
  await assert.rejects(stage.client.login({ ...credentials, password: "wrong" }), (error) => {
    assert.ok(error instanceof BankError);
    assert.equal(error.name_, "bad_credentials");
    return true;
  });
  assert.equal(stage.client.hasDevice, false);
  await stage.client.login(credentials);
  assert.equal(stage.bank.sides.length, 1);
  stage.client.close();
});

test("registers", async () => {
  const stage = await Stage.set();
  stage.client.start();
  const session = await stage.client.register({ ...credentials, owner: "Ana" });
  assert.equal(session.owner, "Ana");
  assert.equal((await stage.bank.last.asked("register")).request.case, "register");
  stage.client.close();
});

test("refuses a second sign-in", async () => {
  const stage = await Stage.signedIn();
  await assert.rejects(stage.client.login(credentials), LinkError);
  stage.client.close();
});

test("a device that the bank does not know is forgotten, and the password is asked for", async () => {
  const stage = await Stage.signedIn();
  stage.bank.devices.length = 0;
  const again = stage.reloaded();
  again.client.start();
  await again.linked("live");
  assert.equal(again.client.session, undefined);
  assert.equal(again.client.hasDevice, false);
  assert.equal(await again.store.readDevice("wss://bank.example"), undefined);
  again.client.close();
});

for (const how of ["close record", "refused resume"]) {
  test(`a revoked device is deleted and the link stops (${how})`, async () => {
    const stage = await Stage.signedIn();
    for (const device of stage.bank.devices) device.revoked = true;
    if (how === "close record") await stage.bank.last.close(4504);
    else {
      await stage.cut();
      await stage.back();
    }
    await stage.linked("stopped");
    await rest();
    assert.deepEqual(stage.client.link, { kind: "stopped", why: { code: "device_revoked" } });
    assert.equal(stage.client.session, undefined);
    assert.equal(stage.client.hasDevice, false);
    assert.equal(stage.client.accounts.size, 0);
    assert.equal(await stage.store.readDevice("wss://bank.example"), undefined);
    const dials = stage.bank.sides.length;
    await stage.world.clock.advance(3_600_000);
    assert.equal(stage.bank.sides.length, dials);

    await stage.client.login(credentials);
    await stage.live();
    stage.client.close();
  });
}

test("a device that was revoked while no page was open is deleted too", async () => {
  const stage = await Stage.signedIn();
  for (const device of stage.bank.devices) device.revoked = true;
  const again = stage.reloaded();
  again.client.start();
  await again.linked("stopped");
  await rest();
  assert.deepEqual(again.client.link, { kind: "stopped", why: { code: "device_revoked" } });
  assert.equal(await again.store.readDevice("wss://bank.example"), undefined);
});

test("a device of another bank signs nothing", async () => {
  const stage = await Stage.signedIn();
  const device = await stage.store.readDevice("wss://bank.example");
  assert.ok(device);
  await stage.store.writeDevice("wss://bank.example", { ...device, identity: new Uint8Array(32) });
  const again = stage.reloaded();
  again.client.start();
  await again.linked("live");
  await rest();
  assert.deepEqual(
    again.bank.last.commands.map((command) => command.request.case),
    ["hello"],
  );
  assert.equal(again.client.session, undefined);
  assert.equal(again.client.hasDevice, false);
  again.client.close();
});

test("a retryable refusal of the device is tried again, and the device stays", async () => {
  const stage = await Stage.signedIn();
  stage.bank.handlers.set("resume", () => refuse(Code.BUSY, { retryable: true }));
  await stage.cut();
  await stage.back();
  await stage.linked("waiting");
  assert.equal(stage.why, "refused");
  assert.equal(stage.client.hasDevice, true);
  assert.equal(stage.client.session?.username, "ana");
  stage.bank.handlers.clear();
  await stage.back();
  await stage.live();
  stage.client.close();
});

test("signing out without revoke keeps the key, which signs in once the page is loaded again", async () => {
  const stage = await Stage.signedIn();
  await stage.client.signOut({ revoke: false });
  assert.deepEqual(stage.client.link, { kind: "stopped", why: { code: "logged_out" } });
  assert.equal(stage.client.session, undefined);
  const logout = (await stage.bank.last.asked("logout")).request;
  assert.equal(logout.case === "logout" && logout.value.revokeDevice, false);
  stage.client.start();
  await stage.linked("live");
  assert.equal(stage.told.session.at(-1), undefined);
  assert.equal(stage.client.hasDevice, false);

  const again = stage.reloaded();
  again.client.start();
  await again.live();
  assert.equal(again.client.session?.username, "ana");
  again.client.close();
});

test("signing out with revoke forgets the key", async () => {
  const stage = await Stage.signedIn();
  await stage.client.signOut({ revoke: true });
  const logout = (await stage.bank.last.asked("logout")).request;
  assert.equal(logout.case === "logout" && logout.value.revokeDevice, true);
  assert.equal(await stage.store.readDevice("wss://bank.example"), undefined);
  assert.equal(stage.client.hasDevice, false);
});

test("signing out works without a connection", async () => {
  const stage = await Stage.signedIn();
  await stage.cut();
  await stage.client.signOut({ revoke: true });
  assert.equal(await stage.store.readDevice("wss://bank.example"), undefined);
  assert.deepEqual(stage.client.link, { kind: "stopped", why: { code: "logged_out" } });
});

test("signing out is done here at once, and does not wait for a bank that is not there", async () => {
  const stage = await Stage.signedIn();
  stage.bank.deaf = true;
  const leaves = stage.client.signOut({ revoke: true });
  await rest();
  assert.equal(stage.client.session, undefined);
  assert.equal(stage.client.accounts.size, 0);
  assert.equal(await stage.store.readDevice("wss://bank.example"), undefined);
  await stage.world.clock.advance(3_000);
  await leaves;
  assert.deepEqual(stage.client.link, { kind: "stopped", why: { code: "logged_out" } });
});

test("a store that fails keeps nobody signed in", async () => {
  class Failing extends MemoryStore {
    fails = false;
    override readDevice(bank: string): Promise<StoredDevice | undefined> {
      return this.fails ? Promise.reject(new StoreError("failed", "corrupt")) : super.readDevice(bank);
    }
    override removeDevice(bank: string, id: Uint8Array): Promise<void> {
      return this.fails ? Promise.reject(new StoreError("failed", "corrupt")) : super.removeDevice(bank, id);
    }
  }
  const store = new Failing();
  const stage = await Stage.set(store);
  stage.client.start();
  await stage.client.login(credentials);
  store.fails = true;
  await assert.rejects(stage.client.signOut({ revoke: true }), StoreError);
  assert.equal(stage.client.session, undefined);
  assert.deepEqual(stage.client.link, { kind: "stopped", why: { code: "logged_out" } });
  const logout = (await stage.bank.last.asked("logout")).request;
  assert.equal(logout.case === "logout" && logout.value.revokeDevice, true);
});

test("a store that never answers stops the link, and says so", async () => {
  class Hanging extends MemoryStore {
    override readDevice(): Promise<undefined> {
      return new Promise(() => undefined);
    }
  }
  const stage = await Stage.set(new Hanging());
  stage.client.start();
  await stage.world.clock.advance(15_000);
  await stage.linked("stopped");
  const { link } = stage.client;
  assert.equal(link.kind === "stopped" && link.why.code === "store" && link.why.error.code, "unavailable");
  assert.equal(stage.bank.sides.length, 0);
});

test("a device that cannot be kept is signed out again, and that is said", async () => {
  class Full extends MemoryStore {
    override writeDevice(_bank: string, _device: StoredDevice): Promise<void> {
      return Promise.reject(new StoreError("failed", "the disk is full"));
    }
  }
  const stage = await Stage.set(new Full());
  stage.client.start();
  await assert.rejects(stage.client.login(credentials), StoreError);
  const logout = (await stage.bank.last.asked("logout")).request;
  assert.equal(logout.case === "logout" && logout.value.revokeDevice, true);
  assert.equal(stage.client.session, undefined);
  stage.client.close();
});

test("a store that cannot be read stops the link before anything is dialled", async () => {
  class Broken extends MemoryStore {
    override readDevice(): Promise<undefined> {
      return Promise.reject(new StoreError("failed", "corrupt"));
    }
  }
  const stage = await Stage.set(new Broken());
  stage.client.start();
  await stage.linked("stopped");
  assert.equal(stage.client.link.kind === "stopped" && stage.client.link.why.code, "store");
  assert.equal(stage.bank.sides.length, 0);
});

test("without a device the link rests when the bank closes, and a sign-in dials again", async () => {
  const stage = await Stage.set();
  stage.client.start();
  await stage.linked("live");
  await stage.bank.last.close(4006);
  await stage.linked("idle");
  await stage.world.clock.advance(3_600_000);
  assert.equal(stage.bank.sides.length, 1);
  await stage.client.login(credentials);
  await stage.live();
  assert.equal(stage.bank.sides.length, 2);
  stage.client.close();
});

test("calls wait for a connection that is being made, and fail where none is", async () => {
  const stage = await Stage.signedIn();
  const again = stage.reloaded();
  again.client.start();
  assert.ok((await again.client.ping()) >= 0);
  await again.cut();
  await assert.rejects(again.client.ping(), LinkError);
  again.client.close();
  await assert.rejects(again.client.ping(), LinkError);
});

test("a sign-in goes at once, whatever wait was planned", async () => {
  const stage = await Stage.set();
  const accept = stage.world.dialled;
  stage.world.dialled = (wire) => wire.cut();
  stage.client.start();
  await stage.linked("waiting");
  stage.world.dialled = accept;
  await stage.client.login(credentials);
  assert.equal(stage.client.session?.username, "ana");
  stage.client.close();
});
