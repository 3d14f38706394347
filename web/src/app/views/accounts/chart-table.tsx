import { day as dayText, money } from '../../format.ts';
import { dayStart } from '../movements/days.ts';
import { dayTable } from './day-table.ts';
import type { Series } from './series.ts';
import { t } from './text.ts';

/** The line of a balance as a table, a row for each day that had movements. */
export function ChartTable({ line, currency }: { line: Series; currency: string }) {
  const rows = dayTable(line);
  if (rows.length === 0) return <p class="muted">{t.tableEmpty}</p>;
  return (
    <table class="figures">
      <caption class="read">{t.chart}</caption>
      <thead>
        <tr>
          <th scope="col">{t.tableDay}</th>
          <th scope="col">{t.opening}</th>
          <th scope="col">{t.closing}</th>
          <th scope="col">{t.lowest}</th>
          <th scope="col">{t.highest}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.day}>
            <th scope="row">{dayText(dayStart(row.day) ?? 0n)}</th>
            <td>{money(row.openingMinor, currency)}</td>
            <td>{money(row.closingMinor, currency)}</td>
            <td>{money(row.lowestMinor, currency)}</td>
            <td>{money(row.highestMinor, currency)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
