import { useEffect, useState } from 'preact/hooks';
import type { Account } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { useBank } from '../../bank.ts';
import { dateTime } from '../../format.ts';
import { movementsOf } from '../../movements.ts';
import { Button, Card, Segmented } from '../../ui/index.ts';
import { ChartCanvas } from './chart-canvas.tsx';
import { ChartTable } from './chart-table.tsx';
import { type Range, ranges, rangeStart } from './ranges.ts';
import { series } from './series.ts';
import { t } from './text.ts';
import { useReach } from './use-reach.ts';

/** The line moves on by itself this often. */
const tickMs = 20_000;

/** An account's balance over time: the line, exact values for pointer and keyboard, and the same as a table. */
export function BalanceChart({ account }: { account: Account }) {
  const bank = useBank();
  const movements = movementsOf(bank, account.clabe);
  const [range, setRange] = useState<Range>('month');
  const [table, setTable] = useState(false);
  const [, tick] = useState(0);
  const freshness = bank.freshness.value;
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), tickMs);
    return () => clearInterval(timer);
  }, []);
  // What was heard last is the end of what is known: the line does not go on while nothing is heard.
  const ageMs = freshness.kind === 'live' || freshness.kind === 'never' ? 0 : freshness.ageMs;
  const nowUs = Math.round(bank.client.serverNowMs() - ageMs) * 1000;
  const fromUs = rangeStart(range, nowUs);
  const { samples, further } = useReach(movements, fromUs, range, freshness.kind === 'live');
  const line = series(account, movements.legs.value, movements.complete.value, fromUs, nowUs, samples);
  const first = line.points[0];
  const opening = first?.leg === undefined ? (first?.balanceMinor ?? 0n) : first.balanceMinor - first.leg.amountMinor;
  const known = movements.legs.value.length > 0 || movements.complete.value;
  const closing = line.points.at(-1)?.balanceMinor ?? 0n;
  return (
    <Card
      title={t.chart}
      class="chart"
      action={
        <Segmented<Range>
          small
          label={t.range}
          value={range}
          choices={ranges.map((value) => ({ value, label: { day: t.day, week: t.week, month: t.month, all: t.allLoaded }[value] }))}
          onValue={setRange}
        />
      }
    >
      <ChartCanvas line={line} currency={account.currency} changeMinor={known ? closing - opening : undefined} />
      {!line.reaches && movements.legs.value.length > 0 && (
        <p class="chart-reach">
          {line.exactFromUs > line.fromUs
            ? t.sampledBefore(dateTime(BigInt(line.exactFromUs)))
            : t.reachesFrom(dateTime(BigInt(line.fromUs)))}
        </p>
      )}
      <div class="row">
        <Button small aria-expanded={table} aria-controls="chart-table" onClick={() => setTable(!table)}>
          {table ? t.asChart : t.asTable}
        </Button>
        {!line.reaches && movements.legs.value.length > 0 && (
          <Button small busy={movements.loading.value} onClick={further}>
            {t.further}
          </Button>
        )}
      </div>
      <div id="chart-table" class="chart-table" hidden={!table} tabIndex={table ? 0 : -1}>
        {table && <ChartTable line={line} currency={account.currency} />}
      </div>
    </Card>
  );
}
