import { useEffect, useState } from 'preact/hooks';
import { useBank } from '../../bank.ts';

/** More arrivals in one frame than this are a flood, in which nothing that slides could be read. */
const arrivalsMax = 3;

/** How long an arrival is news: a row that is made again later does not slide in again. */
const newsMs = 2000;

/**
 * The numbers of an account's movements that have happened while this page was open and live, for rows that slide in. The
 * set is the same object each time: a row asks it when it is made.
 */
export function useArriving(account: string): ReadonlySet<bigint> {
  const bank = useBank();
  const [arriving] = useState(() => new Set<bigint>());
  useEffect(() => {
    const timers = new Set<ReturnType<typeof setTimeout>>();
    const stop = bank.onLegs((events) => {
      const own = events.filter((event) => event.account === account && event.fresh);
      if (own.length > arrivalsMax) return;
      for (const { leg } of own) arriving.add(leg.seq);
      const timer = setTimeout(() => {
        timers.delete(timer);
        for (const { leg } of own) arriving.delete(leg.seq);
      }, newsMs);
      timers.add(timer);
    });
    return () => {
      stop();
      for (const timer of timers) clearTimeout(timer);
      arriving.clear();
    };
  }, [bank, account]);
  return arriving;
}
