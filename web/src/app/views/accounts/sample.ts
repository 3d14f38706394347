import type { History } from '../movements/export.ts';
import type { Point } from './series.ts';

/** Balances that are asked for one by one: what a line of a phone's width can show, and a question each. */
export const samplesMax = 60;

/** Questions under way at once. */
const atOnce = 6;

/**
 * Asks what an account held at evenly spaced moments from fromUs until before untilUs, both in microseconds: where there
 * are too many movements to read, this is exact at each moment, and knows nothing between two. Oldest first. Throws what
 * history throws, and the signal's reason when it is aborted.
 */
export async function sampleBalances(
  history: History,
  account: string,
  fromUs: number,
  untilUs: number,
  signal: AbortSignal,
): Promise<Point[]> {
  const step = (untilUs - fromUs) / samplesMax;
  const times = Array.from({ length: samplesMax }, (_, i) => Math.round(fromUs + i * step));
  const points: Point[] = [];
  for (let i = 0; i < times.length; i += atOnce) {
    signal.throwIfAborted();
    points.push(...(await Promise.all(times.slice(i, i + atOnce).map((us) => balanceAt(history, account, us)))));
  }
  signal.throwIfAborted();
  return points;
}

async function balanceAt(history: History, account: string, us: number): Promise<Point> {
  // Until is not included, and a movement of that very microsecond counts.
  const page = await history({ account, limit: 1, untilUs: BigInt(us) + 1n });
  return { atUs: us, balanceMinor: page.legs[0]?.balanceMinor ?? 0n, leg: undefined };
}
