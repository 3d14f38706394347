import { create, type MessageInitShape } from "@bufbuild/protobuf";

import { toHex } from "../../src/caudal/channel/bytes.ts";
import { memoHash, nextHead } from "../../src/caudal/chain.ts";
import {
  type Account,
  AccountSchema,
  AccountStatus,
  Code,
  type HistoryRequest,
  type HistoryResultSchema,
  type Leg,
  LegSchema,
  type Position,
  type Receipt,
  ReceiptSchema,
  type SubscribeResultSchema,
  type TransferRequest,
  TransferKind,
} from "../../src/caudal/gen/caudal/v1/caudal_pb.ts";
import { type EventKind, refuse, type Result } from "./fake-bank.ts";

export const own = "032180000118359719";
export const other = "002010077777777771";

/** One account's book, with real heads, and transfers that a key decides once. */
export class FakeLedger {
  readonly legs: Leg[] = [];
  readonly decisions = new Map<string, Result>();
  /** How many transfers were carried out. */
  paid = 0;
  balanceMinor = 0n;
  version = 1n;
  /** Legs that a subscription tells at most. */
  missingMax = 256;
  pageMax = 50;

  constructor(
    /** The head before the first leg. */
    public first: Uint8Array,
    private readonly nowUs: () => bigint,
  ) {}

  get head(): Uint8Array {
    return this.legs.at(-1)?.head ?? this.first;
  }

  account(): Account {
    return create(AccountSchema, {
      clabe: own,
      name: "Main account",
      currency: "MXN",
      balanceMinor: this.balanceMinor,
      availableMinor: this.balanceMinor,
      seq: BigInt(this.legs.length),
      version: this.version,
      head: this.head,
      status: AccountStatus.ACTIVE,
      openedAtUs: 1n,
    });
  }

  /** Moves money, positive in; returns the event of it. */
  async post(amountMinor: bigint, memo = "", key: Uint8Array = new Uint8Array(0)): Promise<EventKind> {
    const seq = BigInt(this.legs.length) + 1n;
    const before = this.head;
    const salt = new Uint8Array(16).fill(7);
    const hash = memo === "" ? undefined : await memoHash(salt, memo);
    const atUs = this.nowUs();
    this.balanceMinor += amountMinor;
    this.version++;
    const fields = {
      kind: TransferKind.TRANSFER,
      account: own,
      counterparty: other,
      seq,
      amountMinor,
      balanceMinor: this.balanceMinor,
      atUs,
      currency: "MXN",
    };
    const leg = create(LegSchema, {
      ...fields,
      transferId: `t${seq}`,
      counterpartyName: "Luis",
      memo,
      idempotencyKey: key,
      head: await nextHead(before, { ...fields, memoHash: hash }),
      memoSalt: hash === undefined ? new Uint8Array(0) : salt,
      memoHash: hash ?? new Uint8Array(0),
    });
    this.legs.push(leg);
    return this.event(leg);
  }

  event(leg?: Leg): EventKind {
    const { clabe: account, version, seq, balanceMinor, availableMinor, currency, status } = this.account();
    const value = { account, version, seq, balanceMinor, availableMinor, currency, status };
    return { case: "balance", value: leg === undefined ? value : { ...value, leg } };
  }

  async transfer(key: Uint8Array, { to, amountMinor, currency, memo }: TransferRequest): Promise<Result> {
    const decided = this.decisions.get(toHex(key));
    if (decided !== undefined) return decided;
    const result = await this.#decide(key, to, amountMinor, currency, memo);
    this.decisions.set(toHex(key), result);
    return result;
  }

  async #decide(key: Uint8Array, to: string, amountMinor: bigint, currency: string, memo: string): Promise<Result> {
    if (amountMinor > this.balanceMinor) return refuse(Code.INSUFFICIENT_FUNDS);
    await this.post(-amountMinor, memo, key);
    this.paid++;
    const receipt: Receipt = create(ReceiptSchema, {
      transferId: `t${this.legs.length}`,
      idempotencyKey: key,
      from: own,
      to,
      amountMinor,
      currency,
      memo,
      atUs: this.nowUs(),
      balanceMinor: this.balanceMinor,
      seq: BigInt(this.legs.length),
      head: this.head,
    });
    return { case: "receipt", value: receipt };
  }

  subscribe(positions: readonly Position[]): MessageInitShape<typeof SubscribeResultSchema> {
    const account = this.account();
    const has = positions.find((position) => position.account === own);
    if (has === undefined) return { accounts: [{ account }] };
    const at = this.legs[Number(has.seq) - 1];
    if (at === undefined || toHex(at.head) !== toHex(has.head)) return { accounts: [{ account, historyDiverged: true }] };
    const missing = this.legs.slice(Number(has.seq));
    return { accounts: [missing.length > this.missingMax ? { account, snapshot: true } : { account, missing }] };
  }

  history({ cursor }: HistoryRequest): MessageInitShape<typeof HistoryResultSchema> {
    const end = cursor === "" ? this.legs.length : Number(cursor);
    const start = Math.max(0, end - this.pageMax);
    return { legs: this.legs.slice(start, end).reverse(), next: start > 0 ? String(start) : "" };
  }
}
