import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { dayTable } from '../../src/app/views/accounts/day-table.ts';
import { sampleBalances, samplesMax } from '../../src/app/views/accounts/sample.ts';
import { series } from '../../src/app/views/accounts/series.ts';
import { AccountSchema } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { Books } from '../movements/bank.ts';
import { at, leg } from '../movements/legs.ts';

const opened = at(1, 1);
const hour = 3_600_000_000n;
const count = 2000;
const legs = Array.from({ length: count }, (_, i) =>
  leg({ seq: BigInt(i + 1), atUs: opened + BigInt(i + 1) * hour, amountMinor: 1n, balanceMinor: BigInt(i + 1) }),
);
const now = Number(opened + BigInt(count + 1) * hour);
const never = new AbortController().signal;

test('each sample is what the account held at its moment, in a bounded number of questions', async () => {
  const books = new Books(legs);
  const from = Number(opened) - Number(100n * hour);
  const until = Number(opened + 1900n * hour);
  const samples = await sampleBalances(books.history, '1', from, until, never);
  assert.equal(books.asked, samplesMax);
  assert.equal(samples.length, samplesMax);
  assert.equal(samples[0]?.atUs, from);
  for (const { atUs, balanceMinor } of samples) {
    assert.equal(balanceMinor, BigInt(legs.filter((l) => Number(l.atUs) <= atUs).length));
    assert.ok(atUs < until);
  }
});

test('a line goes on before its movements with samples, and says from where it is exact', async () => {
  const loaded = legs.slice(-100).reverse();
  const from = Number(opened + 500n * hour);
  const samples = await sampleBalances(new Books(legs).history, '1', from, Number(loaded.at(-1)?.atUs), never);
  const account = create(AccountSchema, { balanceMinor: BigInt(count), openedAtUs: opened, currency: 'MXN' });
  const line = series(account, loaded, false, from, now, samples);
  assert.equal(line.fromUs, from);
  assert.equal(line.points[0]?.balanceMinor, 500n);
  assert.equal(line.exactFromUs, Number(loaded.at(-1)?.atUs));
  assert.equal(line.reaches, false);
  assert.ok(line.points.every((p, i) => i === 0 || (line.points[i - 1]?.atUs ?? 0) < p.atUs));
  // Time goes on: the range begins later, with the balance of the last sample before.
  const later = series(account, loaded, false, from + Number(hour), now, samples);
  assert.equal(later.points[0]?.atUs, from + Number(hour));
  assert.equal(later.points[0]?.balanceMinor, 500n);
  // More movements were read: they are shown instead of the samples.
  const more = series(account, legs.slice(-1700).reverse(), false, from, now, samples);
  assert.equal(more.exactFromUs, more.fromUs);
});

test('the table has nothing of what was only sampled', async () => {
  const loaded = legs.slice(-30).reverse();
  const from = Number(opened + 500n * hour);
  const samples = await sampleBalances(new Books(legs).history, '1', from, Number(loaded.at(-1)?.atUs), never);
  const account = create(AccountSchema, { balanceMinor: BigInt(count), openedAtUs: opened, currency: 'MXN' });
  const rows = dayTable(series(account, loaded, false, from, now, samples));
  assert.equal(rows.reduce((sum, row) => sum + row.movements, 0), 30);
  assert.equal(rows.at(-1)?.openingMinor, 1970n);
});

test('a call-off ends the questions', async () => {
  const books = new Books(legs);
  const cancel = new AbortController();
  const run = sampleBalances(
    (question) => {
      cancel.abort();
      return books.history(question);
    },
    '1',
    Number(opened),
    now,
    cancel.signal,
  );
  await assert.rejects(run, { name: 'AbortError' });
  assert.ok(books.asked < samplesMax);
});
