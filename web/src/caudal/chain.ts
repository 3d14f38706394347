import { type Bytes, concat, label, u64, u8, utf8 } from "./channel/bytes.ts";
import { sha256 } from "./channel/hash.ts";

// An account's hash chain (PROTOCOL.md, section 8): whoever kept one head can tell whether anything before it was
// rewritten since.

const chainLabel = label("caudal chain v1");
const memoLabel = label("caudal memo v1");
/** The layout of `nextHead`. */
const encoding = 1;
const noMemo = new Uint8Array(32);

/** What the chain binds of a leg, as the account sees it. Both accounts are CLABEs. */
export interface ChainLeg {
  /** The value of `TransferKind`. */
  readonly kind: number;
  readonly account: string;
  readonly counterparty: string;
  readonly seq: bigint;
  /** Signed: negative where money left. */
  readonly amountMinor: bigint;
  /** The balance after the leg. */
  readonly balanceMinor: bigint;
  /** Microseconds since 1970. */
  readonly atUs: bigint;
  /** ISO 4217. */
  readonly currency: string;
  /** `memoHash` of the memo, 32 bytes; absent where there was none. */
  readonly memoHash?: Uint8Array | undefined;
}

/** The head of an account without legs, 32 bytes. Rejects with `RangeError`, as all here, what does not fit its field. */
export async function firstHead(identity: Uint8Array, account: string, currency: string): Promise<Bytes> {
  if (identity.length !== 32) throw new RangeError("an identity has 32 bytes");
  return sha256(concat(chainLabel, identity, clabeNumber(account), currencyCode(currency)));
}

/** The head after the leg, 32 bytes, from the one before it. */
export async function nextHead(head: Uint8Array, leg: ChainLeg): Promise<Bytes> {
  const memo = leg.memoHash ?? noMemo;
  if (head.length !== 32 || memo.length !== 32) throw new RangeError("a head and a memo's hash have 32 bytes");
  return sha256(
    concat(
      head,
      u8(encoding),
      u8(leg.kind),
      clabeNumber(leg.account),
      clabeNumber(leg.counterparty),
      u64(leg.seq),
      u64(leg.amountMinor),
      u64(leg.balanceMinor),
      u64(leg.atUs),
      currencyCode(leg.currency),
      memo,
    ),
  );
}

/** What stands for a memo in the chain, 32 bytes; `salt` has 16. */
export async function memoHash(salt: Uint8Array, memo: string): Promise<Bytes> {
  if (salt.length !== 16) throw new RangeError("a salt has 16 bytes");
  return sha256(concat(memoLabel, salt, utf8(memo)));
}

function clabeNumber(clabe: string): Bytes {
  if (!/^\d{18}$/.test(clabe)) throw new RangeError("a CLABE has 18 digits");
  return u64(BigInt(clabe));
}

function currencyCode(currency: string): Bytes {
  if (!/^[A-Z]{3}$/.test(currency)) throw new RangeError("a currency has three letters");
  return utf8(currency);
}
