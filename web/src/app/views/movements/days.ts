import type { Leg } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';

/** The local day of a time in microseconds, as `YYYY-MM-DD`. */
export function dayOf(atUs: bigint): string {
  const at = new Date(Number(atUs / 1000n));
  const two = (n: number): string => n.toString().padStart(2, '0');
  return `${at.getFullYear().toString().padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** When a local day begins, in microseconds; undefined where the text is no day. Days that clocks change on are exact too. */
export function dayStart(day: string, plusDays = 0): bigint | undefined {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!parts) return undefined;
  const [year, month, date] = parts.slice(1).map(Number) as [number, number, number];
  const start = new Date(year, month - 1, date);
  if (start.getMonth() !== month - 1 || start.getDate() !== date) return undefined;
  start.setDate(date + plusDays);
  return BigInt(start.getTime()) * 1000n;
}

/** Movements of one local day, newest first. */
export interface Day {
  readonly day: string;
  readonly legs: readonly Leg[];
  /** Of these movements together. */
  readonly netMinor: bigint;
  /** Older movements of the same day may not have been loaded: their net is not known. */
  readonly partial: boolean;
}

/**
 * Groups movements, newest first, by local day. oldest is the oldest one that was looked at, whether it is among legs or
 * not; more says that there are older ones, which makes its day partial.
 */
export function byDay(legs: readonly Leg[], oldest: Leg | undefined, more: boolean): Day[] {
  const days: { day: string; legs: Leg[]; netMinor: bigint; partial: boolean }[] = [];
  const open = more && oldest ? dayOf(oldest.atUs) : undefined;
  const dayName = dayNamer();
  for (const leg of legs) {
    const day = dayName(leg.atUs);
    const last = days.at(-1);
    if (last?.day === day) {
      last.legs.push(leg);
      last.netMinor += leg.amountMinor;
    } else {
      days.push({ day, legs: [leg], netMinor: leg.amountMinor, partial: day === open });
    }
  }
  return days;
}

/** dayOf, which remembers the bounds of the day it named last: movements of a day stand together. */
function dayNamer(): (atUs: bigint) => string {
  let day = '';
  let from = 0n;
  let until = 0n;
  return (atUs) => {
    if (atUs < from || atUs >= until) {
      day = dayOf(atUs);
      from = dayStart(day) ?? atUs;
      until = dayStart(day, 1) ?? atUs;
    }
    return day;
  };
}

/** A part of a day that is drawn, and left alone, as one. */
export interface Chunk {
  readonly key: string;
  readonly legs: readonly Leg[];
}

/** Movements in a chunk at most: 10,000 rows are 157 of them, of which a new movement changes one. */
export const chunkSize = 64;

/** Cuts a day at fixed seqs, so that the arrival of a movement moves none from one chunk to the next. */
export function chunks(legs: readonly Leg[]): Chunk[] {
  const cut: { key: string; legs: Leg[] }[] = [];
  for (const leg of legs) {
    const key = (leg.seq / BigInt(chunkSize)).toString();
    const last = cut.at(-1);
    if (last?.key === key) last.legs.push(leg);
    else cut.push({ key, legs: [leg] });
  }
  return cut;
}

/** Whether two chunks show the same movements. */
export function sameLegs(a: readonly Leg[], b: readonly Leg[]): boolean {
  return a.length === b.length && a.every((leg, i) => leg === b[i]);
}
