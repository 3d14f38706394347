import type { Leg } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { firstHead, memoHash, nextHead } from '../../../caudal/chain.ts';

/**
 * What this browser's own computation says of a movement's chain head: it follows from the one before, or from the opening
 * of the account; it does not; or it cannot be told, because an account that is older than the bank's identity began with
 * another one.
 */
export type ChainCheck = 'follows' | 'begins' | 'broken' | 'unknown';

/** Computes the head after a leg of an account and compares. identity is the bank's, 32 bytes. */
export async function checkChain(
  account: { clabe: string; currency: string },
  leg: Leg,
  before: Leg | undefined,
  identity: Uint8Array | undefined,
): Promise<ChainCheck> {
  try {
    return await compare(account, leg, before, identity);
  } catch (error) {
    if (error instanceof RangeError) return 'broken'; // a head, salt or hash of a wrong length
    throw error;
  }
}

async function compare(
  account: { clabe: string; currency: string },
  leg: Leg,
  before: Leg | undefined,
  identity: Uint8Array | undefined,
): Promise<ChainCheck> {
  if (leg.memo !== '' && !same(leg.memoHash, await memoHash(leg.memoSalt, leg.memo))) return 'broken';
  if (leg.seq > 1n) {
    if (before?.seq !== leg.seq - 1n) return 'unknown';
    if (before.balanceMinor + leg.amountMinor !== leg.balanceMinor) return 'broken';
    return same(leg.head, await headAfter(before.head, account, leg)) ? 'follows' : 'broken';
  }
  if (leg.amountMinor !== leg.balanceMinor) return 'broken';
  if (identity === undefined) return 'unknown';
  const first = await firstHead(identity, account.clabe, account.currency);
  return same(leg.head, await headAfter(first, account, leg)) ? 'begins' : 'unknown';
}

function headAfter(head: Uint8Array, account: { clabe: string; currency: string }, leg: Leg): Promise<Uint8Array> {
  return nextHead(head, {
    kind: leg.kind,
    account: account.clabe,
    counterparty: leg.counterparty,
    seq: leg.seq,
    amountMinor: leg.amountMinor,
    balanceMinor: leg.balanceMinor,
    atUs: leg.atUs,
    currency: account.currency,
    memoHash: leg.memoHash.length === 0 ? undefined : leg.memoHash,
  });
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
