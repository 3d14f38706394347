import { equal } from "../channel/index.ts";
import type { Account, AccountState, BalanceEvent, Device, SubscribeResult } from "../gen/caudal/v1/caudal_pb.ts";
import type { Connection } from "./connection.ts";
import { ProtocolError } from "./errors.ts";
import type { Emitter } from "./events.ts";
import { Followed } from "./followed.ts";
import { patiently } from "./patience.ts";
import type { Runtime } from "./runtime.ts";
import type { Store, StoredPosition } from "./store.ts";

/** Bounds what a server can make a client follow. */
const accountsMax = 4096;

interface AccountsOptions {
  readonly bank: string;
  readonly store: Store;
  readonly runtime: Runtime;
  readonly emitter: Emitter;
}

/**
 * The user's accounts as the bank last said, and how far their legs were seen. The newest version of an account wins; its
 * legs go out in order, without gaps, after their chain was checked.
 */
export class Accounts {
  #map = new Map<string, Account>();
  #followed = new Map<string, Followed>();
  #stored = new Map<string, StoredPosition>();
  #diverged = new Set<string>();
  #device: Uint8Array | undefined;
  #loaded = false;
  #connection: Connection | undefined;
  #writing = false;
  readonly #unwritten = new Set<Followed>();

  constructor(private readonly options: AccountsOptions) {}

  get map(): ReadonlyMap<string, Account> {
    return this.#map;
  }

  get diverged(): ReadonlySet<string> {
    return this.#diverged;
  }

  /** Whether changes come by themselves now. */
  get subscribed(): boolean {
    return this.#connection !== undefined;
  }

  /** Makes the connection live, from where the legs of this device have been seen. `devices` is told those of the reply. */
  async subscribe(connection: Connection, devices: (devices: Device[]) => void): Promise<void> {
    await this.#load();
    const positions = this.#positions();
    await patiently(connection, this.options.runtime, () =>
      connection.call({ case: "subscribe", value: { positions } }, "subscribe", {
        inOrder: (result) => {
          this.#stands(connection, result);
          devices(result.devices);
        },
      }),
    );
  }

  /** These are the accounts of the user of this device; those of another are forgotten. */
  enter(device: Uint8Array): void {
    if (this.#device !== undefined && equal(this.#device, device)) return;
    this.reset();
    this.#device = device;
  }

  /** Reads what was seen by this device before this page. */
  async #load(): Promise<void> {
    const device = this.#device;
    if (this.#loaded) return;
    const positions = await this.options.store.readPositions(this.options.bank);
    if (this.#device !== device) return;
    this.#stored = new Map(positions.map((position) => [position.account, position]));
    this.#loaded = true;
  }

  #positions(): StoredPosition[] {
    const positions = new Map(this.#stored);
    for (const [account, followed] of this.#followed) {
      const position = followed.position();
      if (position !== undefined) positions.set(account, position);
      else positions.delete(account);
    }
    return [...positions.values()];
  }

  /** Takes the answer to subscribe. */
  #stands(connection: Connection, { accounts }: SubscribeResult): void {
    if (accounts.length > accountsMax) throw new ProtocolError(`there are ${accounts.length} accounts`);
    this.#connection = connection;
    const gone = new Set([...this.#stored.keys(), ...this.#followed.keys()]);
    const map = new Map<string, Account>();
    for (const state of accounts) {
      const account = accountOf(state.account);
      if (map.has(account.clabe)) throw new ProtocolError("an account is there twice");
      gone.delete(account.clabe);
      map.set(account.clabe, account);
      const known = this.#map.get(account.clabe);
      if (known !== undefined && known.version > account.version) this.#hasDiverged(account.clabe); // it went back in time
      this.#catchUp(account, state);
    }
    this.#stored.clear();
    this.#map = map;
    this.options.emitter.emit("accounts", [...map.values()]);
    for (const clabe of gone) {
      this.#followed.delete(clabe);
      this.#hasDiverged(clabe); // accounts are never taken away
    }
    for (const followed of this.#followed.values()) followed.run(connection);
  }

  #catchUp(account: Account, state: AccountState): void {
    let followed = this.#followed.get(account.clabe);
    if (followed === undefined) {
      followed = this.#follow(account, this.#stored.get(account.clabe));
    }
    followed.catchUp(account, state);
  }

  #follow(account: Account, from: StoredPosition | undefined): Followed {
    const followed: Followed = new Followed(account, from, this.options.runtime, {
      leg: (leg, fresh) => {
        this.options.emitter.emit("leg", { account: account.clabe, leg, fresh });
        this.#unwritten.add(followed);
        void this.#write();
      },
      skipped: () => this.options.emitter.emit("skipped", { account: account.clabe }),
      diverged: () => this.#hasDiverged(account.clabe),
      follows: () => this.#followed.get(account.clabe) === followed,
    });
    this.#followed.set(account.clabe, followed);
    this.#unwritten.add(followed);
    void this.#write();
    return followed;
  }

  #hasDiverged(account: string): void {
    this.#diverged.add(account);
    this.options.emitter.emit("diverged", { account });
  }

  /** Takes an account that was opened or has changed, where it is news. */
  put(raw: Account | undefined): void {
    const account = accountOf(raw);
    const known = this.#map.get(account.clabe);
    const connection = this.#connection;
    if (connection === undefined || (known !== undefined && known.version >= account.version)) return;
    if (known !== undefined && contradicts(known, account)) this.#hasDiverged(account.clabe);
    if (this.#map.size >= accountsMax && known === undefined) throw new ProtocolError("there are too many accounts");
    this.#map.set(account.clabe, account);
    const followed = this.#followed.get(account.clabe) ?? this.#follow(account, undefined);
    followed.reaches(account);
    followed.run(connection);
    this.options.emitter.emit("account", account);
    if (known === undefined) this.options.emitter.emit("accounts", [...this.#map.values()]);
  }

  /** Takes a balance event. Of an account that is not known nothing is believed: the next subscription tells. */
  balance(connection: Connection, event: BalanceEvent): void {
    const known = this.#map.get(event.account);
    const followed = this.#followed.get(event.account);
    if (connection !== this.#connection || known === undefined || followed === undefined) return;
    const { leg } = event;
    if (leg !== undefined && (leg.seq !== event.seq || leg.balanceMinor !== event.balanceMinor)) {
      throw new ProtocolError("a balance event and its leg differ");
    }
    if (event.version <= known.version) return;
    const { version, seq, balanceMinor, availableMinor, status, currency } = event;
    const head = leg?.head ?? (seq === known.seq ? known.head : new Uint8Array(0));
    const account = { ...known, version, seq, balanceMinor, availableMinor, status, currency, head };
    if (contradicts(known, account)) this.#hasDiverged(event.account);
    this.#map.set(event.account, account);
    this.options.emitter.emit("account", account);
    if (leg !== undefined) followed.take(leg);
    followed.reaches(account);
    followed.run(connection);
  }

  down(connection: Connection): void {
    if (connection !== this.#connection) return;
    this.#connection = undefined;
    for (const followed of this.#followed.values()) followed.rest();
  }

  /** Forgets the user. */
  reset(): void {
    const had = this.#map.size > 0;
    this.#map = new Map();
    this.#followed = new Map();
    this.#stored.clear();
    this.#unwritten.clear();
    this.#diverged = new Set();
    this.#device = undefined;
    this.#loaded = false;
    this.#connection = undefined;
    if (had) this.options.emitter.emit("accounts", []);
  }

  /**
   * Remembers how far legs were seen, one write at a time. Not of an account that has diverged: its last good position
   * stays, and raises the alarm again after a reload. A store that fails costs no money: less of the past can be compared.
   */
  async #write(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    await Promise.resolve();
    while (this.#unwritten.size > 0 && this.#device !== undefined) {
      const device = this.#device;
      const followed = [...this.#unwritten].filter((f) => !this.#diverged.has(f.clabe));
      this.#unwritten.clear();
      const positions = followed.map((f) => f.position()).filter((position) => position !== undefined);
      await this.options.store.writePositions(this.options.bank, device, positions).catch(() => undefined);
    }
    this.#writing = false;
  }
}

/** Whether a later version of an account cannot come after the earlier: legs are never taken away, and money moves by legs. */
function contradicts(before: Account, after: Account): boolean {
  const moved = after.seq === before.seq && after.balanceMinor !== before.balanceMinor;
  return moved || after.seq < before.seq || after.currency !== before.currency;
}

function accountOf(account: Account | undefined): Account {
  if (account === undefined || !/^\d{18}$/.test(account.clabe) || !/^[A-Z]{3}$/.test(account.currency)) {
    throw new ProtocolError("an account without its CLABE or currency");
  }
  return account;
}

