// The client in a real browser against a real bank: IndexedDB, keys of WebCrypto that nobody can export, two pages on one
// store. The page that loads this bundle as a module is served by the bank; the test calls `clientTest.first()`, loads the
// page again, and calls `clientTest.second()`. Each returns what was wrong.

import {
  BrowserStore,
  Client,
  KeyMint,
  type Leg,
  LinkError,
  type Order,
  type OrderCommand,
  StoreError,
} from "../../src/caudal/index.ts";

declare global {
  var clientTest: { first(): Promise<string[]>; second(): Promise<string[]> } | undefined;
}

const url = `wss://${location.host}/ws`;
const bank = `wss://${location.host}`;
const who = { username: "sdk_browser", password: "a password of some length" };
const burst = 100;

const failures: string[] = [];

function check(holds: boolean, what: string): void {
  if (!holds) failures.push(what);
}

function clientOn(store: BrowserStore): Client {
  return new Client({ url, store, program: "test/1", deviceName: "Chromium" });
}

/** Waits until an event makes the condition true. */
function until(client: Client, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const kinds = ["link", "session", "account", "accounts", "leg", "order", "dismissed", "devices", "channel"] as const;
    const stops = kinds.map((kind) =>
      client.on(kind, () => {
        if (!condition()) return;
        for (const stop of stops) stop();
        resolve();
      }),
    );
    if (condition()) resolve();
  });
}

function balances(client: Client): bigint[] {
  return [...client.accounts.values()].map((account) => account.balanceMinor);
}

async function first(): Promise<string[]> {
  const store = await BrowserStore.open("sdk");
  const client = clientOn(store);
  const legs: { account: string; leg: Leg; fresh: boolean }[] = [];
  client.on("leg", (event) => legs.push(event));
  client.on("diverged", ({ account }) => check(false, `${account} diverged`));
  client.start();
  await until(client, () => client.link.kind === "live");
  check(client.hasDevice === false, "there is a device before the first sign-in");
  const session = await client.register({ ...who, owner: "Ana Browser" });
  check(session.username === who.username, "somebody else is signed in");
  await until(client, () => client.subscribed);
  const [main] = client.accounts.keys();
  if (main === undefined) return [...failures, "there is no account"];
  const { channel } = client;
  check(channel?.mlkem === "webcrypto", `ML-KEM by ${channel?.mlkem}`);
  check(channel?.firstContact === true, "not a first contact");
  check((await client.pin())?.fingerprint === channel?.fingerprint, "the pin is another identity");
  check(Math.abs(client.serverNowMs() - Date.now()) < 60_000, "the bank's clock is far off");

  const device = await store.readDevice(bank);
  check(device?.privateKey instanceof CryptoKey && !device.privateKey.extractable, "the key is no key, or can be exported");

  const opened = await client.order({ kind: "open_account", name: "Savings", currency: "MXN" });
  const savings = opened.account?.clabe ?? "";
  await until(client, () => client.accounts.has(savings));
  const command = { kind: "transfer", from: main, to: savings, amountMinor: 1n, currency: "MXN", memo: "café" } as const;
  const before = client.accounts.get(main)?.balanceMinor ?? 0n;
  const paid = await client.order(command);
  check(paid.state === "done" && paid.receipt?.balanceMinor === before - 1n, `a transfer is ${paid.state}`);
  const many = await Promise.all(Array.from({ length: burst }, () => client.order(command)));
  check(many.every((order) => order.state === "done"), "some of many are not done");
  await until(client, () => legs.length >= 2 * (burst + 1));
  check(legs.every(({ fresh }) => fresh), "a leg is not fresh");
  check(client.accounts.get(savings)?.balanceMinor === BigInt(burst + 1), `savings are ${balances(client)}`);
  const page = await client.history({ account: savings });
  check(page.legs.length === 50 && page.legs[0]?.seq === BigInt(burst + 1), "the history is another");
  await pagesShare(client, store, command);

  const refused = await client.order({ ...command, amountMinor: 10n ** 15n });
  check(refused.state === "refused" && refused.error?.name_ === "insufficient_funds", `a huge transfer is ${refused.state}`);
  const payee = await client.resolvePayee({ username: "luis" });
  check(payee.maskedName !== "", "a payee without a name");
  check((await client.ping()) >= 0, "no round trip");
  await client.renameAccount(savings, "Trip");
  check(client.accounts.get(savings)?.name === "Trip", "the name is the old one");
  check((await client.listDevices()).length === 1, "not one device");

  // An order whose page died before it could be sent.
  const order: Order = {
    key: new KeyMint().mint(client.serverNowMs()),
    username: who.username,
    createdAtMs: Date.now(),
    state: "sending",
    command,
  };
  if (channel !== undefined) await store.addOrder(channel.identity, order);
  await store.addOrder(new Uint8Array(32), order).then(
    () => check(false, "a key is there twice"),
    (error: unknown) => check(error instanceof StoreError, `a doubled key is ${String(error)}`),
  );
  client.close();
  await client.order(command).then(
    () => check(false, "an order after the end"),
    (error: unknown) => check(error instanceof LinkError, `an order after the end is ${String(error)}`),
  );
  return failures;
}

/** A second page learns of what the first orders and dismisses, through the store. */
async function pagesShare(client: Client, store: BrowserStore, command: OrderCommand): Promise<void> {
  const other = await BrowserStore.open("sdk");
  const second = clientOn(other);
  second.start();
  await until(second, () => second.subscribed);
  check(second.session?.username === who.username, "the second page is not signed in");
  const known = second.orders.length;
  const order = await client.order(command);
  await until(second, () => second.orders.some(({ key, state }) => key === order.key && state === "done"));
  check(second.orders.length === known + 1, "the second page has other orders");
  await client.dismissOrder(order.key);
  await until(second, () => second.orders.every(({ key }) => key !== order.key));
  second.close();
  other.close();
  check((await store.readDevice(bank)) !== undefined, "the device is gone");
}

async function second(): Promise<string[]> {
  const store = await BrowserStore.open("sdk");
  const client = clientOn(store);
  let late = 0;
  client.on("leg", ({ fresh }) => (late += fresh ? 0 : 1));
  const told: Order[] = [];
  client.on("order", (order) => told.push(order));
  client.on("diverged", ({ account }) => check(false, `${account} diverged`));
  client.start();
  await until(client, () => client.subscribed);
  check(client.session?.username === who.username, "the device does not sign in");
  check(client.channel?.firstContact === false, "the bank was forgotten");
  await until(client, () => told.some(({ state }) => state === "done" && told[0]?.state !== undefined));
  const sentAgain = client.orders.filter(({ state }) => state === "unknown" || state === "sending");
  await Promise.all(sentAgain.map((order) => client.order(order.command, order.key)));
  const savings = [...client.accounts.values()].find(({ name }) => name === "Trip");
  await until(client, () => client.accounts.get(savings?.clabe ?? "")?.balanceMinor === BigInt(burst + 3));
  check(client.orders.filter(({ state }) => state === "refused").length === 1, "the refused order is gone");
  check(late === 0, `${late} legs came late: the positions were not kept`);

  await client.signOut({ revoke: true });
  check((await store.readDevice(bank)) === undefined, "the key is still there");
  check((await client.pin()) !== undefined, "the pin is gone");
  await client.login(who);
  await until(client, () => client.subscribed);
  check((await client.listDevices()).length === 1, "the revoked device is still listed");
  await client.signOut({ revoke: true });
  return failures;
}

globalThis.clientTest = { first, second };
