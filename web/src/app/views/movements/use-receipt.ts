import { useEffect, useState } from 'preact/hooks';
import type { Account } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { useBank } from '../../bank.ts';
import { movementsOf } from '../../movements.ts';
import { findLeg, type Found } from './find.ts';
import { checkChain, type ChainCheck } from './verify.ts';

/** A movement that is being looked for, or was found, or is not there. */
export type Sought =
  | { readonly kind: 'reading' }
  | { readonly kind: 'found'; readonly found: Found; readonly chain: ChainCheck | undefined }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly error: unknown; readonly retry: () => void };

/** Finds a movement by its number: among those that are loaded, or else in the bank's history; then checks its chain. */
export function useReceipt(account: Account, seq: bigint): Sought {
  const bank = useBank();
  const [sought, setSought] = useState<Sought>({ kind: 'reading' });
  const [attempt, setAttempt] = useState(0);
  const live = bank.freshness.value.kind === 'live';
  const failed = sought.kind === 'failed';
  const identity = bank.channel.value?.identity;
  const identified = identity !== undefined;
  useEffect(() => {
    // A connection that came back is a reason to ask again.
    if (live && failed) setAttempt((n) => n + 1);
  }, [live]);
  useEffect(() => {
    let left = false;
    const run = async (): Promise<void> => {
      const found = loaded(movementsOf(bank, account.clabe).legs.peek(), seq) ?? (await ask());
      if (left) return;
      if (!found) return setSought({ kind: 'missing' });
      setSought({ kind: 'found', found, chain: undefined });
      const chain = await checkChain(account, found.leg, found.before, identity);
      if (!left) setSought({ kind: 'found', found, chain });
    };
    const ask = (): Promise<Found | undefined> =>
      findLeg(
        (request) => bank.client.history(request),
        account,
        seq,
        BigInt(Math.round(bank.client.serverNowMs())) * 1000n,
      );
    setSought({ kind: 'reading' });
    run().catch((error: unknown) => {
      if (!left) setSought({ kind: 'failed', error, retry: () => setAttempt((n) => n + 1) });
    });
    return () => {
      left = true;
    };
  }, [bank, account.clabe, seq, attempt, identified]);
  return sought;
}

/** A movement of a list that has the one before it too, if there is one. */
function loaded(legs: readonly Found['leg'][], seq: bigint): Found | undefined {
  const newest = legs[0];
  if (!newest) return undefined;
  const at = Number(newest.seq - seq); // no gaps
  const leg = legs[at];
  const before = legs[at + 1];
  return leg?.seq === seq && (seq === 1n || before !== undefined) ? { leg, before } : undefined;
}
