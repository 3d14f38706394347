import { useEffect, useState } from 'preact/hooks';
import { dateTime, day, relative, time } from '../../format.ts';
import { t } from './text.ts';

/** The shown age is brought up to date this often. */
const everyMs = 20_000;

/** Up to this age a moment is "just now": nobody counts these seconds. */
const justNowMs = 30_000;

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
  const ageMs = Math.max(0, nowMs() - atMs);
  return (
    <time class="moment" dateTime={new Date(atMs).toISOString()} tabIndex={0}>
      {ageMs < justNowMs ? t.justNow : relative(-ageMs)} <span class="moment-exact">{dateTime(us)}</span>
    </time>
  );
}

/** A moment by its day and its minute, from milliseconds of this machine's clock; everything of it shows on hovering. */
export function When({ ms }: { ms: number }) {
  const us = BigInt(Math.trunc(ms)) * 1000n;
  return (
    <time dateTime={new Date(ms).toISOString()} title={dateTime(us)}>
      {day(us)}, {time(us)}
    </time>
  );
}
