import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { dayTable } from '../../src/app/views/accounts/day-table.ts';
import { type Point, pointAt, series, thin } from '../../src/app/views/accounts/series.ts';
import { totals } from '../../src/app/views/accounts/totals.ts';
import { AccountSchema, type Leg } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { at, leg } from '../movements/legs.ts';

const opened = at(1, 1);
const now = Number(at(6, 1));

/** Legs newest first from [time, amount] oldest first, beginning with a balance of zero. */
function moves(...rows: [bigint, bigint][]): Leg[] {
  let balanceMinor = 0n;
  return rows
    .map(([atUs, amountMinor], i) => leg({ seq: BigInt(i + 1), atUs, amountMinor, balanceMinor: (balanceMinor += amountMinor) }))
    .reverse();
}

const account = (balanceMinor: bigint) => create(AccountSchema, { balanceMinor, openedAtUs: opened, currency: 'MXN' });
const shape = (points: readonly Point[]) => points.map((p) => [p.atUs, p.balanceMinor]);

test('a line begins with the balance before its time and ends now', () => {
  const legs = moves([at(2, 1), 100n], [at(3, 1), -30n], [at(4, 1), 5n]);
  const line = series(account(75n), legs, true, Number(at(2, 15)), now);
  assert.deepEqual(shape(line.points), [
    [Number(at(2, 15)), 100n],
    [Number(at(3, 1)), 70n],
    [Number(at(4, 1)), 75n],
    [now, 75n],
  ]);
  assert.equal(line.reaches, true);
});

test('a line that is asked for more than the account lived begins at its opening with nothing', () => {
  const legs = moves([at(2, 1), 100n]);
  for (const from of [0, Number(at(1, 1)) - 1000]) {
    const line = series(account(100n), legs, true, from, now);
    assert.deepEqual(shape(line.points)[0], [Number(opened), 0n]);
    assert.equal(line.fromUs, Number(opened));
    assert.equal(line.reaches, true);
  }
});

test('a line says where the loaded movements end', () => {
  const legs = moves([at(2, 1), 100n], [at(3, 1), -30n], [at(4, 1), 5n]).slice(0, 2);
  const line = series(account(75n), legs, false, Number(at(1, 15)), now);
  assert.equal(line.reaches, false);
  assert.equal(line.fromUs, Number(at(3, 1)));
  assert.deepEqual(shape(line.points)[0], [Number(at(3, 1)), 70n]);
});

test('an account without movements has a level line', () => {
  const line = series(account(0n), [], true, Number(at(5, 1)), now);
  assert.deepEqual(shape(line.points), [
    [Number(at(5, 1)), 0n],
    [now, 0n],
  ]);
});

test('the point of a moment is the last one before it', () => {
  const points = series(account(75n), moves([at(2, 1), 100n], [at(3, 1), -25n]), true, 0, now).points;
  assert.equal(pointAt(points, Number(at(2, 1))), 1);
  assert.equal(pointAt(points, Number(at(3, 1)) - 1), 1);
  assert.equal(pointAt(points, 0), 0);
  assert.equal(pointAt(points, now + 5), points.length - 1);
});

test('thinning keeps every peak, the ends and the order within four points a column', () => {
  let state = 7;
  const points: Point[] = Array.from({ length: 20_000 }, (_, i) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return { atUs: i * 10, balanceMinor: BigInt(state), leg: undefined };
  });
  const columns = 300;
  const until = 200_000;
  const kept = thin(points, 0, until, columns);
  assert.ok(kept.length <= 4 * (columns + 1), `${kept.length}`);
  assert.equal(kept[0], points[0]);
  assert.equal(kept.at(-1), points.at(-1));
  assert.ok(kept.every((p, i) => i === 0 || (kept[i - 1] as Point).atUs < p.atUs));
  const extremes = (of: readonly Point[]) => {
    const found = new Map<number, [bigint, bigint]>();
    for (const p of of) {
      const column = Math.floor(p.atUs / (until / columns));
      const [low, high] = found.get(column) ?? [p.balanceMinor, p.balanceMinor];
      found.set(column, [p.balanceMinor < low ? p.balanceMinor : low, p.balanceMinor > high ? p.balanceMinor : high]);
    }
    return found;
  };
  assert.deepEqual(extremes(kept), extremes(points));
  assert.equal(thin(points.slice(0, 1000), 0, until, columns).length, 1000);
});

test('the table has what a day opened, closed and reached', () => {
  const legs = moves([at(2, 1, 9), 100n], [at(2, 1, 10), -80n], [at(2, 1, 11), 30n], [at(2, 3, 9), 1n]);
  const rows = dayTable(series(account(51n), legs, true, 0, now));
  assert.deepEqual(rows, [
    { day: '2026-02-03', openingMinor: 50n, closingMinor: 51n, lowestMinor: 50n, highestMinor: 51n, movements: 1 },
    { day: '2026-02-01', openingMinor: 0n, closingMinor: 50n, lowestMinor: 0n, highestMinor: 100n, movements: 3 },
  ]);
  const cut = dayTable(series(account(51n), legs.slice(0, 2), false, 0, now));
  assert.equal(cut.at(-1)?.openingMinor, 20n);
});

test('totals are by currency', () => {
  const accounts = [
    create(AccountSchema, { currency: 'MXN', balanceMinor: 5n }),
    create(AccountSchema, { currency: 'USD', balanceMinor: 7n }),
    create(AccountSchema, { currency: 'MXN', balanceMinor: -1n }),
  ];
  assert.deepEqual(totals(accounts), [
    { currency: 'MXN', balanceMinor: 4n, accounts: 2 },
    { currency: 'USD', balanceMinor: 7n, accounts: 1 },
  ]);
});
