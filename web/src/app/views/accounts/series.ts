import type { Account, Leg } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';

/** A balance from a moment on, until the next point. Times are microseconds: exact as a number until the year 2255. */
export interface Point {
  readonly atUs: number;
  readonly balanceMinor: bigint;
  /** What changed it; undefined where the line begins or ends. */
  readonly leg: Leg | undefined;
}

/** An account's balance over a time. */
export interface Series {
  /** Oldest first. The first is the balance at the beginning, the last is the balance now. */
  readonly points: readonly Point[];
  readonly fromUs: number;
  readonly untilUs: number;
  /** The movements that are loaded reach back to the beginning that was asked for. */
  readonly reaches: boolean;
  /** Every change is in the line from here on; before, only some moments are. fromUs where all of it is exact. */
  readonly exactFromUs: number;
}

/**
 * The line of an account's balance from fromUs (0: as far as is loaded) until nowUs. legs are newest first, without gaps,
 * from the newest on; complete says that they reach the account's first. Where they do not reach fromUs, the line begins
 * with the oldest of them, or, as far as they go, with samples: exact balances at moments before it, oldest first.
 */
export function series(
  account: Account,
  legs: readonly Leg[],
  complete: boolean,
  fromUs: number,
  nowUs: number,
  samples: readonly Point[] = [],
): Series {
  const newest = legs[0];
  const end = Math.max(nowUs, newest ? Number(newest.atUs) : 0);
  const points: Point[] = [];
  let count = legs.length;
  if (fromUs > 0) count = firstBefore(legs, fromUs);
  for (let i = count - 1; i >= 0; i--) {
    const leg = legs[i] as Leg;
    points.push({ atUs: Number(leg.atUs), balanceMinor: leg.balanceMinor, leg });
  }
  const before = legs[count]; // the newest before the beginning
  const reaches = before !== undefined || complete;
  const opened = Number(account.openedAtUs);
  let from = fromUs;
  if (before) {
    points.unshift({ atUs: from, balanceMinor: before.balanceMinor, leg: undefined });
  } else if (complete) {
    from = Math.min(Math.max(fromUs, opened), (points[0]?.atUs ?? end) - 1);
    points.unshift({ atUs: from, balanceMinor: legs.length === 0 ? account.balanceMinor : 0n, leg: undefined });
  } else {
    from = points[0]?.atUs ?? end;
  }
  const exactFromUs = from;
  if (!reaches) {
    const sampled = samplesBetween(samples, fromUs, from);
    points.unshift(...sampled);
    from = sampled[0]?.atUs ?? from;
  }
  const last = points.at(-1);
  points.push({ atUs: end, balanceMinor: last?.balanceMinor ?? account.balanceMinor, leg: undefined });
  return { points, fromUs: from, untilUs: end, reaches, exactFromUs };
}

/** Samples from one time until before another; the beginning has the balance of the last one before it. */
function samplesBetween(samples: readonly Point[], fromUs: number, untilUs: number): Point[] {
  const within = samples.filter((point) => point.atUs > fromUs && point.atUs < untilUs);
  const before = samples.findLast((point) => point.atUs <= fromUs);
  return before === undefined || fromUs >= untilUs ? within : [{ ...before, atUs: fromUs }, ...within];
}

/** The index of the first leg (newest first) that is before a time; legs.length where none is. */
function firstBefore(legs: readonly Leg[], us: number): number {
  let low = 0;
  let high = legs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Number((legs[middle] as Leg).atUs) < us) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The index of the point that holds at a time: the last one not after it, or the first. Of several in one microsecond, the
 * one that leg made.
 */
export function pointAt(points: readonly Point[], us: number, leg?: Leg): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle] as Point).atUs <= us) low = middle + 1;
    else high = middle;
  }
  const last = Math.max(0, low - 1);
  if (leg === undefined) return last;
  let at = last;
  while (at > 0 && points[at]?.leg !== leg && points[at - 1]?.atUs === us) at--;
  return points[at]?.leg === leg ? at : last;
}

/**
 * Thins points, oldest first, to what columns pixels can show: of each column the first, the lowest, the highest and the
 * last (M4, Jugel et al., VLDB 2014), so that the line covers the same pixels, and no peak is lost. At most four a column.
 */
export function thin(points: readonly Point[], fromUs: number, untilUs: number, columns: number): readonly Point[] {
  if (points.length <= 4 * columns || untilUs <= fromUs) return points;
  const width = (untilUs - fromUs) / columns;
  const kept: Point[] = [];
  let start = 0;
  while (start < points.length) {
    const column = Math.floor(((points[start] as Point).atUs - fromUs) / width);
    let end = start + 1;
    let low = start;
    let high = start;
    for (; end < points.length; end++) {
      const point = points[end] as Point;
      if (Math.floor((point.atUs - fromUs) / width) !== column) break;
      if (point.balanceMinor < (points[low] as Point).balanceMinor) low = end;
      if (point.balanceMinor > (points[high] as Point).balanceMinor) high = end;
    }
    for (const i of new Set([start, Math.min(low, high), Math.max(low, high), end - 1])) kept.push(points[i] as Point);
    start = end;
  }
  return kept;
}
