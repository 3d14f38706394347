import { useCallback, useEffect, useState } from 'preact/hooks';
import { type Movements, useBank } from '../../bank.ts';
import { sampleBalances } from './sample.ts';
import type { Point } from './series.ts';

/** Pages that a range reads by itself: 500 movements. Where they do not reach its beginning, it is sampled. */
const pagesMax = 10;

/** What is known of a range beyond the movements: balances at some moments, and how to read further movements. */
interface Reach {
  readonly samples: readonly Point[];
  readonly further: () => void;
}

/**
 * Reads an account's movements back to a time, as far as pagesMax goes, and samples what lies before; further reads as many
 * pages again. Only another range or a connection that came back begins anew: movements that a flood pushed out are not
 * read again and again.
 */
export function useReach(movements: Movements, fromUs: number, range: string, live: boolean): Reach {
  const bank = useBank();
  const [samples, setSamples] = useState<readonly Point[]>([]);
  useEffect(() => {
    if (!live) return undefined;
    const left = new AbortController();
    const run = async (): Promise<void> => {
      await readBack(movements, fromUs, fromUs === 0 ? 1 : pagesMax, left.signal);
      const oldest = movements.legs.peek().at(-1);
      if (oldest === undefined || fromUs === 0 || reaches(movements, fromUs)) return setSamples([]);
      const history: Parameters<typeof sampleBalances>[0] = (question) => bank.client.history(question);
      setSamples(await sampleBalances(history, movements.account, fromUs, Number(oldest.atUs), left.signal));
    };
    // Without samples the line begins with the movements that are here, and says so.
    run().catch(() => undefined);
    return () => left.abort();
  }, [bank, movements, range, live]);
  useEffect(() => setSamples([]), [movements, range]);
  const further = useCallback(() => void readBack(movements, 0, pagesMax, new AbortController().signal, true), [movements]);
  return { samples, further };
}

function reaches(movements: Movements, fromUs: number): boolean {
  const oldest = movements.legs.peek().at(-1);
  return movements.complete.peek() || (oldest !== undefined && Number(oldest.atUs) < fromUs);
}

/** Reads pages until they reach a time, or all of them where `all` is set. */
async function readBack(movements: Movements, fromUs: number, pages: number, signal: AbortSignal, all = false): Promise<void> {
  for (let page = 0; page < pages && !signal.aborted; page++) {
    if (movements.complete.peek() || (!all && reaches(movements, fromUs))) return;
    if (!all && fromUs === 0 && movements.legs.peek().length > 0) return;
    await movements.more();
    if (movements.error.peek() !== undefined) return;
  }
}
