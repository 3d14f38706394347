import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteOrderMark, header } from '../../src/app/views/movements/csv.ts';
import { type ExportRequest, exportCsv, fileName } from '../../src/app/views/movements/export.ts';
import { Books } from './bank.ts';
import { at, leg } from './legs.ts';

const books = (): Books =>
  new Books(Array.from({ length: 120 }, (_, i) => leg({ seq: BigInt(i + 1), atUs: at(1, 1) + BigInt(i) * 60_000_000n })));
const all: ExportRequest = {
  account: '032180000118359719',
  currency: 'MXN',
  sinceUs: undefined,
  untilUs: undefined,
  matches: () => true,
};
const seqs = (parts: string[]): number[] =>
  parts
    .join('')
    .split('\r\n')
    .slice(1, -1)
    .map((line) => Number(line.split(',')[1]));

test('an export has every movement once, newest first, behind a byte order mark and a header', async () => {
  const told: number[] = [];
  const file = await exportCsv(books().history, all, new AbortController().signal, (p) => told.push(p.looked));
  assert.ok(file.parts.join('').startsWith(byteOrderMark + header()));
  assert.deepEqual(seqs(file.parts), Array.from({ length: 120 }, (_, i) => 120 - i));
  assert.deepEqual(told, [50, 100, 120]);
  assert.equal(file.complete, true);
  assert.equal(file.matched, 120);
});

test('an export keeps to the dates and to the filter', async () => {
  const request = {
    ...all,
    sinceUs: at(1, 1) + 60_000_000n * 10n,
    untilUs: at(1, 1) + 60_000_000n * 20n,
    matches: (l: { seq: bigint }) => l.seq % 2n === 0n,
  };
  const file = await exportCsv(books().history, request, new AbortController().signal, () => {});
  assert.deepEqual(seqs(file.parts), [20, 18, 16, 14, 12]);
  assert.equal(file.looked, 10);
});

test('an export that reaches its bound says that it is not complete', async () => {
  const file = await exportCsv(books().history, all, new AbortController().signal, () => {}, 70);
  assert.equal(file.complete, false);
  assert.equal(file.looked, 70);
  assert.equal(seqs(file.parts).at(-1), 51);
  assert.equal(file.oldestUs, at(1, 1) + 60_000_000n * 50n);
  const exact = await exportCsv(books().history, all, new AbortController().signal, () => {}, 120);
  assert.equal(exact.complete, true);
});

test('a cancelled export asks for nothing more', async () => {
  const bank = books();
  const cancel = new AbortController();
  const run = exportCsv(bank.history, all, cancel.signal, () => cancel.abort());
  await assert.rejects(run, { name: 'AbortError' });
  assert.equal(bank.asked, 1);
});

test('a file is named for what is in it', () => {
  assert.equal(fileName('032180000118359719', '', ''), 'caudal-032180000118359719.csv');
  assert.equal(fileName('1', '2026-01-01', '2026-01-31'), 'caudal-1-2026-01-01-2026-01-31.csv');
});
