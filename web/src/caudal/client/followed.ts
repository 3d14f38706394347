import { type ChainLeg, memoHash, nextHead } from "../chain.ts";
import { equal } from "../channel/index.ts";
import type { Account, AccountState, Leg } from "../gen/caudal/v1/caudal_pb.ts";
import type { Connection } from "./connection.ts";
import { BankError, LinkError, ProtocolError } from "./errors.ts";
import { mayBegin } from "./founding.ts";
import { patiently } from "./patience.ts";
import type { Runtime } from "./runtime.ts";
import type { StoredPosition } from "./store.ts";

/** Legs that are fetched one page after the other to fill a gap; a longer one is skipped. */
const fillMax = 500n;
const fillPagesMax = 20;
/** Legs that wait for those before them; what exceeds it is fetched again. */
const waitingMax = 1024;
const headBytes = 32;

interface FollowedHandlers {
  leg(leg: Leg, fresh: boolean): void;
  skipped(): void;
  diverged(): void;
  /** Whether this account is still followed by this object. */
  follows(): boolean;
}

/** How far the legs of one account were seen, and those that wait. */
export class Followed {
  readonly clabe: string;
  readonly #currency: string;
  #seq: bigint;
  /** After leg `#seq`; `undefined` where it is not known, and then the next leg is believed. */
  #head: Uint8Array | undefined;
  #balanceMinor: bigint | undefined;
  #target: bigint;
  /** What the bank says of the account at a leg: compared when that is reached. */
  #stands: Account | undefined;
  readonly #waiting = new Map<bigint, { leg: Leg; fresh: boolean }>();
  #connection: Connection | undefined;
  #running = false;
  /** The beginning of the chain was looked at, or is not to be seen any more. */
  #begun = false;

  constructor(
    account: Account,
    from: StoredPosition | undefined,
    private readonly runtime: Runtime,
    private readonly tell: FollowedHandlers,
  ) {
    this.clabe = account.clabe;
    this.#currency = account.currency;
    this.#seq = from?.seq ?? account.seq;
    this.#head = from?.head ?? headOf(account);
    this.#balanceMinor = from === undefined ? account.balanceMinor : undefined;
    this.#target = this.#seq;
  }

  /** What was seen last; `undefined` before the first leg, and where the head is not known. */
  position(): StoredPosition | undefined {
    if (this.#seq === 0n || this.#head === undefined) return undefined;
    return { account: this.clabe, seq: this.#seq, head: this.#head };
  }

  /** Takes what a subscription says. */
  catchUp(account: Account, state: AccountState): void {
    this.#waiting.clear();
    this.#stands = account;
    this.#target = account.seq;
    if (state.historyDiverged || account.seq < this.#seq || account.currency !== this.#currency) {
      this.tell.diverged();
      this.#jump();
      this.tell.skipped();
      return;
    }
    for (const leg of state.missing) this.#put(leg, false);
  }

  /** Takes the leg of an event. */
  take(leg: Leg): void {
    this.#put(leg, true);
  }

  #put(leg: Leg, fresh: boolean): void {
    if (leg.head.length !== headBytes || (leg.memoHash.length !== 0 && leg.memoHash.length !== headBytes)) {
      throw new ProtocolError("a leg without its head");
    }
    if (leg.seq > this.#seq && this.#waiting.size < waitingMax && !this.#waiting.has(leg.seq)) {
      this.#waiting.set(leg.seq, { leg, fresh });
    }
  }

  /** The account stands so now: there are legs up to there, and they lead to it. */
  reaches(account: Account): void {
    if (account.seq <= this.#target) return;
    this.#target = account.seq;
    this.#stands = account;
  }

  /** The connection is gone: what waits comes again with the next one. */
  rest(): void {
    this.#connection = undefined;
    this.#waiting.clear();
  }

  /** Brings out what can be, and fetches what is missing. */
  run(connection: Connection): void {
    this.#connection = connection;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      if (this.#connection !== undefined) await this.#begin(this.#connection);
      while (this.#connection !== undefined && this.tell.follows()) {
        const next = this.#waiting.get(this.#seq + 1n);
        if (next !== undefined) await this.#advance(next.leg, next.fresh);
        else if (this.#seq < this.#target) await this.#fill(this.#connection);
        else break;
      }
      this.#arrived();
    } finally {
      this.#running = false;
    }
  }

  /** Checks that an account without legs begins as it must: with nothing on it, and with the head of this bank. */
  async #begin({ founding }: Connection): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    const [seq, head, balanceMinor] = [this.#seq, this.#head, this.#balanceMinor];
    if (seq !== 0n) return;
    const fits = head === undefined || (await mayBegin(founding, this.clabe, this.#currency, head));
    if ((!fits || balanceMinor !== 0n) && this.tell.follows()) this.tell.diverged();
  }

  /** Checks that a leg continues what was seen, and brings it out. */
  async #advance(leg: Leg, fresh: boolean): Promise<void> {
    const continues = await this.#continues(leg);
    if (leg.seq !== this.#seq + 1n || !this.tell.follows()) return; // something else has happened meanwhile
    if (!continues) this.tell.diverged();
    this.#waiting.delete(leg.seq);
    this.#seq = leg.seq;
    this.#head = leg.head;
    this.#balanceMinor = leg.balanceMinor;
    this.tell.leg(leg, fresh);
  }

  /** Whether the leg is what comes next in the chain, and adds up. Where nothing is known before it, it is believed. */
  async #continues(leg: Leg): Promise<boolean> {
    const before = this.#balanceMinor;
    if (before !== undefined && before + leg.amountMinor !== leg.balanceMinor) return false;
    try {
      if (leg.memo !== "" && !equal(await memoHash(leg.memoSalt, leg.memo), leg.memoHash)) return false;
      return this.#head === undefined || equal(await nextHead(this.#head, this.#chained(leg)), leg.head);
    } catch (error) {
      if (error instanceof RangeError) return false; // no such leg can be in a chain
      throw error;
    }
  }

  #chained({ kind, counterparty, seq, amountMinor, balanceMinor, atUs, memoHash: memo }: Leg): ChainLeg {
    const memoHash = memo.length === 0 ? undefined : memo;
    const [account, currency] = [this.clabe, this.#currency];
    return { kind, account, counterparty, seq, amountMinor, balanceMinor, atUs, currency, memoHash };
  }

  /** Compares what the bank said of the account at the leg that was reached. */
  #arrived(): void {
    const stands = this.#stands;
    if (stands === undefined || stands.seq !== this.#seq || !this.tell.follows()) return;
    this.#stands = undefined;
    const head = headOf(stands);
    if (
      (this.#head !== undefined && head !== undefined && !equal(this.#head, head)) ||
      (this.#balanceMinor !== undefined && this.#balanceMinor !== stands.balanceMinor)
    ) {
      this.tell.diverged();
    }
    this.#head ??= head;
    this.#balanceMinor = stands.balanceMinor;
  }

  /** Goes to where the account is said to stand, without the legs between. */
  #jump(): void {
    const stands = this.#stands?.seq === this.#target ? this.#stands : undefined;
    this.#seq = this.#target;
    this.#head = stands && headOf(stands);
    this.#balanceMinor = stands?.balanceMinor;
    this.#waiting.clear();
  }

  /** Fetches the legs that are missing. Too many, and those that the bank does not give, are skipped. */
  async #fill(connection: Connection): Promise<void> {
    const from = this.#seq;
    try {
      if (this.#target - from <= fillMax && (await this.#fetch(connection, from))) return;
    } catch (error) {
      if (connection.ended || connection !== this.#connection) return; // comes again with the next one
      if (!(error instanceof BankError || error instanceof LinkError || error instanceof ProtocolError)) throw error;
    }
    if (!this.tell.follows() || this.#seq !== from || this.#connection !== connection) return;
    this.#jump();
    this.tell.skipped();
  }

  /** Walks back through the history to the leg after `from`; whether it came. */
  async #fetch(connection: Connection, from: bigint): Promise<boolean> {
    let cursor = "";
    for (let page = 0; page < fillPagesMax; page++) {
      const query = { account: this.clabe, limit: 0, cursor, sinceUs: 0n, untilUs: 0n };
      const { legs, next } = await patiently(connection, this.runtime, () =>
        connection.call({ case: "history", value: query }, "history"),
      );
      for (const leg of legs) {
        if (leg.seq <= from) return this.#waiting.has(from + 1n);
        this.#put(leg, false);
      }
      if (this.#waiting.has(from + 1n)) return true;
      if (next === "" || next === cursor) {
        this.tell.diverged(); // the bank says that there are legs, and does not have them
        return false;
      }
      cursor = next;
    }
    return false;
  }
}

function headOf(account: Account): Uint8Array | undefined {
  return account.head.length === headBytes ? account.head : undefined;
}
