import { useEffect, useState } from 'preact/hooks';
import { dateTime, relative } from '../../format.ts';

/** The shown age is brought up to date this often. */
const everyMs = 20_000;

/** useNow returns the clock, read again every `ms` while the component is there. */
export function useNow(ms: number): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return nowMs;
}

/**
 * How long ago something was; the exact time shows where a pointer or the focus is, and assistive technology hears both.
 * `nowMs` is the bank's clock, so that a clock that is wrong here makes no age wrong.
 */
export function Moment({ us, nowMs }: { us: bigint; nowMs: () => number }) {
  useNow(everyMs);
  const atMs = Number(us / 1000n);
  return (
    <time class="moment" dateTime={new Date(atMs).toISOString()} tabIndex={0}>
      {relative(Math.min(0, atMs - nowMs()))} <span class="moment-exact">{dateTime(us)}</span>
    </time>
  );
}
