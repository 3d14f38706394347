/** How many round trips are kept: at one every three seconds, the last two minutes. */
export const keptMax = 40;

/** What a series of round trips comes to, in whole milliseconds. */
export interface Summary {
  last: number;
  median: number;
  worst: number;
  count: number;
}

/** withSample returns the series, oldest first, with one more; the oldest beyond keptMax are dropped. */
export function withSample(series: readonly number[], ms: number): number[] {
  return [...series, ms].slice(-keptMax);
}

/** summary returns undefined for an empty series. */
export function summary(series: readonly number[]): Summary | undefined {
  const last = series.at(-1);
  const sorted = series.toSorted((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  const worst = sorted.at(-1);
  if (last === undefined || median === undefined || worst === undefined) {
    return undefined;
  }
  return { last: whole(last), median: whole(median), worst: whole(worst), count: series.length };
}

/** A round trip that took less than a millisecond took time all the same. */
function whole(ms: number): number {
  return Math.max(1, Math.round(ms));
}

/** A point of a line in SVG user units, y downwards. */
export interface Point {
  x: number;
  y: number;
}

/**
 * line lays a series over a box of width and height: the newest at the right edge, one step for each sample kept, the
 * ceiling at the top. The ceiling is at least floorMs, so that a quiet network does not look like a wild one.
 */
export function line(series: readonly number[], box: { width: number; height: number }, floorMs = 20): Point[] {
  const ceiling = Math.max(floorMs, ...series) * 1.1;
  const step = box.width / (keptMax - 1);
  return series.map((ms, i) => ({
    x: round(box.width - (series.length - 1 - i) * step),
    y: round(box.height - (ms / ceiling) * box.height),
  }));
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}

/** path returns the "d" of a line through the points; empty for fewer than two. */
export function path(points: readonly Point[]): string {
  return points.length < 2 ? '' : points.map((p, i) => `${i === 0 ? 'M' : 'L'}${p.x} ${p.y}`).join('');
}
