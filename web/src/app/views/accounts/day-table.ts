import { dayOf, dayStart } from '../movements/days.ts';
import type { Series } from './series.ts';

/** An account's balance over one local day. */
export interface DayRow {
  readonly day: string;
  readonly openingMinor: bigint;
  readonly closingMinor: bigint;
  readonly lowestMinor: bigint;
  readonly highestMinor: bigint;
  readonly movements: number;
}

/**
 * A line of the balance as a table, newest day first. Days without movements are left out. The first day of a line that
 * begins within it opens where the line does. What was only sampled is not in it.
 */
export function dayTable(line: Series): DayRow[] {
  const rows: DayRow[] = [];
  let until = 0;
  for (const point of line.points) {
    if (!point.leg) continue;
    const before = point.balanceMinor - point.leg.amountMinor;
    const last = rows.at(-1);
    const balance = point.balanceMinor;
    if (last && point.atUs < until) {
      rows[rows.length - 1] = {
        ...last,
        closingMinor: balance,
        lowestMinor: balance < last.lowestMinor ? balance : last.lowestMinor,
        highestMinor: balance > last.highestMinor ? balance : last.highestMinor,
        movements: last.movements + 1,
      };
      continue;
    }
    const day = dayOf(point.leg.atUs);
    until = Number(dayStart(day, 1) ?? point.leg.atUs);
    rows.push({
      day,
      openingMinor: before,
      closingMinor: balance,
      lowestMinor: balance < before ? balance : before,
      highestMinor: balance > before ? balance : before,
      movements: 1,
    });
  }
  return rows.reverse();
}
