/** How far back the line of a balance goes. */
export type Range = 'day' | 'week' | 'month' | 'all';

/** The ranges, shortest first. */
export const ranges: readonly Range[] = ['day', 'week', 'month', 'all'];

const dayUs = 86_400_000_000;

/** When a range begins, in microseconds; 0 where it begins with what is loaded. */
export function rangeStart(range: Range, nowUs: number): number {
  switch (range) {
    case 'day':
      return nowUs - dayUs;
    case 'week':
      return nowUs - 7 * dayUs;
    case 'month':
      return nowUs - 30 * dayUs;
    case 'all':
      return 0;
  }
}
