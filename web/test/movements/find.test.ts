import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Leg } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { findLeg } from '../../src/app/views/movements/find.ts';
import { Books } from './bank.ts';
import { at, leg } from './legs.ts';

const opened = at(1, 1);
const now = at(6, 1);
const account = { clabe: '032180000118359719', openedAtUs: opened };

/** Accounts whose movements lie differently in time. */
const shapes: Record<string, (i: number) => bigint> = {
  even: (i) => opened + ((now - opened) * BigInt(i)) / 3000n,
  'all in the first minute': (i) => opened + BigInt(i) * 20_000n,
  'all in the last second': (i) => now - 1_000_000n + BigInt(i) * 300n,
  'ever faster': (i) => opened + (now - opened) - BigInt(Math.floor(Number(now - opened) / (i + 1))),
  'in bursts of one microsecond': (i) => opened + BigInt(Math.floor(i / 400)) * 86_400_000_000n,
  'all at once': () => opened,
};

for (const [name, time] of Object.entries(shapes)) {
  test(`any movement is found with few questions: ${name}`, async () => {
    const legs: Leg[] = Array.from({ length: 3000 }, (_, i) => leg({ seq: BigInt(i + 1), atUs: time(i) }));
    for (const seq of [1n, 2n, 50n, 51n, 52n, 399n, 400n, 401n, 1500n, 2950n, 2951n, 2999n, 3000n]) {
      const books = new Books(legs);
      const found = await findLeg(books.history, account, seq, now);
      assert.equal(found?.leg.seq, seq);
      assert.equal(found.before?.seq, seq === 1n ? undefined : seq - 1n);
      assert.ok(books.asked <= 70, `${books.asked} questions for ${seq}`);
      if (name === 'even') assert.ok(books.asked <= 5, `${books.asked} questions for ${seq}`);
    }
  });
}

test('what is not there is not found', async () => {
  const books = new Books([leg({ seq: 1n }), leg({ seq: 2n })]);
  assert.equal(await findLeg(books.history, account, 3n, now), undefined);
  assert.equal(await findLeg(books.history, account, 0n, now), undefined);
  assert.equal(await findLeg(new Books([]).history, account, 1n, now), undefined);
});

test('a bank clock behind the last movement loses nothing', async () => {
  const legs = Array.from({ length: 200 }, (_, i) => leg({ seq: BigInt(i + 1), atUs: now + BigInt(i) }));
  const found = await findLeg(new Books(legs).history, account, 7n, opened);
  assert.equal(found?.leg.seq, 7n);
});
