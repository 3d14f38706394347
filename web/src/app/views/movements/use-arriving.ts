import { useEffect, useState } from 'preact/hooks';
import { useBank } from '../../bank.ts';

/** More arrivals in one frame than this are a flood, in which nothing that slides could be read. */
const arrivalsMax = 3;

/** How many arrivals are remembered. */
const rememberedMax = 64;

/**
 * The numbers of an account's movements that have happened while this page was open and live, for rows that slide in. The
 * set is the same object each time: a row asks it when it is made.
 */
export function useArriving(account: string): ReadonlySet<bigint> {
  const bank = useBank();
  const [arriving] = useState(() => new Set<bigint>());
  useEffect(() => {
    arriving.clear();
    return bank.onLegs((events) => {
      const own = events.filter((event) => event.account === account && event.fresh);
      if (own.length > arrivalsMax) return;
      for (const { leg } of own) arriving.add(leg.seq);
      for (const seq of arriving) {
        if (arriving.size <= rememberedMax) break;
        arriving.delete(seq);
      }
    });
  }, [bank, account]);
  return arriving;
}
