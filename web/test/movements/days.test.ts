import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byDay, chunkSize, chunks, dayOf, dayStart, sameLegs } from '../../src/app/views/movements/days.ts';
import { at, leg } from './legs.ts';

test('a day begins at its local midnight and ends at the next', () => {
  const start = dayStart('2026-03-08');
  const end = dayStart('2026-03-08', 1);
  assert.ok(start !== undefined && end !== undefined);
  assert.equal(dayOf(start), '2026-03-08');
  assert.equal(dayOf(start - 1n), '2026-03-07');
  assert.equal(dayOf(end - 1n), '2026-03-08');
  assert.equal(dayOf(end), '2026-03-09');
  for (const text of ['', '2026-02-30', '2026-13-01', '08/03/2026', '2026-3-8']) {
    assert.equal(dayStart(text), undefined, text);
  }
});

test('movements are grouped by local day with the net of each', () => {
  const legs = [
    leg({ seq: 5n, atUs: at(5, 3, 0, 0), amountMinor: -30n }),
    leg({ seq: 4n, atUs: at(5, 2, 23, 59), amountMinor: 10n }),
    leg({ seq: 3n, atUs: at(5, 2, 8), amountMinor: 25n }),
    leg({ seq: 2n, atUs: at(4, 30), amountMinor: 1n }),
  ];
  const days = byDay(legs, legs.at(-1), false);
  assert.deepEqual(
    days.map((d) => [d.day, d.netMinor, d.legs.length, d.partial]),
    [
      ['2026-05-03', -30n, 1, false],
      ['2026-05-02', 35n, 2, false],
      ['2026-04-30', 1n, 1, false],
    ],
  );
});

test('the net of a day that may have more movements is not claimed', () => {
  const legs = [leg({ seq: 9n, atUs: at(5, 3) }), leg({ seq: 8n, atUs: at(5, 2) })];
  assert.deepEqual(byDay(legs, legs[1], true).map((d) => d.partial), [false, true]);
  // A search looked further back than its last match.
  assert.deepEqual(byDay(legs, leg({ atUs: at(5, 1) }), true).map((d) => d.partial), [false, false]);
  assert.deepEqual(byDay(legs, leg({ atUs: at(5, 2, 3) }), true).map((d) => d.partial), [false, true]);
});

test('a new movement changes one chunk only', () => {
  const legs = Array.from({ length: 300 }, (_, i) => leg({ seq: BigInt(300 - i) }));
  const before = chunks(legs);
  const after = chunks([leg({ seq: 301n }), ...legs]);
  assert.deepEqual(before.flatMap((c) => c.legs), legs);
  assert.ok(before.every((c) => c.legs.length <= chunkSize));
  const kept = new Map(before.map((c) => [c.key, c.legs]));
  const changed = after.filter((c) => !sameLegs(c.legs, kept.get(c.key) ?? []));
  assert.equal(changed.length, 1);
  assert.equal(changed[0]?.legs[0]?.seq, 301n);
});

test('chunks with the same ends and other movements between are not the same', () => {
  const [a, b, c, d] = [1n, 2n, 3n, 4n].map((seq) => leg({ seq })) as [never, never, never, never];
  assert.ok(sameLegs([a, b, d], [a, b, d]));
  assert.ok(!sameLegs([a, b, d], [a, c, d]));
});
