import { useCallback, useEffect, useState } from 'preact/hooks';
import type { Movements } from '../../bank.ts';

/** Pages that a range reads by itself: 1,000 movements. */
const pagesMax = 20;

/**
 * Reads an account's movements back to a time, as far as pagesMax goes; further reads as much again. Only a change of the
 * range or a connection that came back begins anew: movements that a flood pushed out are not read again and again.
 */
export function useReach(movements: Movements, fromUs: number, range: string, live: boolean): { further: () => void } {
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    let left = false;
    const run = async (): Promise<void> => {
      const pages = asked === 0 && fromUs === 0 ? 1 : pagesMax;
      for (let page = 0; page < pages && !left; page++) {
        const legs = movements.legs.peek();
        const oldest = legs.at(-1);
        if (movements.complete.peek()) return;
        if (oldest !== undefined && asked === 0 && Number(oldest.atUs) < Math.max(fromUs, 1)) return;
        if (oldest !== undefined && asked === 0 && fromUs === 0) return;
        await movements.more();
        if (movements.error.peek() !== undefined) return;
      }
    };
    if (live) void run();
    return () => {
      left = true;
    };
  }, [movements, range, live, asked]);
  useEffect(() => setAsked(0), [movements, range]);
  return { further: useCallback(() => setAsked((n) => n + 1), []) };
}
