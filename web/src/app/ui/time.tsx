import { dateTime, day, time } from '../format.ts';

interface TimeProps {
  /** Microseconds since 1970. */
  us: bigint;
  /** The day, the hour, or everything. */
  show?: 'day' | 'time' | 'full';
  class?: string;
}

/** A moment, readable by machines too; the full time shows on hovering. */
export function Time({ us, show = 'time', class: extra }: TimeProps) {
  const text = show === 'day' ? day(us) : show === 'full' ? dateTime(us) : time(us);
  return (
    <time dateTime={new Date(Number(us / 1000n)).toISOString()} title={dateTime(us)} {...(extra === undefined ? {} : { class: extra })}>
      {text}
    </time>
  );
}
