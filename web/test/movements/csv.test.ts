import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columns, header, isoTime, record, text, uuid } from '../../src/app/views/movements/csv.ts';
import { TransferKind } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { leg } from './legs.ts';

/** Reads one line of RFC 4180, with its line end. */
function parse(line: string): string[] {
  assert.ok(line.endsWith('\r\n'));
  const cells: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n$)/gy;
  for (let m = pattern.exec(line); m; m = pattern.exec(line)) {
    cells.push(m[1] === undefined ? (m[2] ?? '') : m[1].replaceAll('""', '"'));
    if (m[3] === '\r\n') return cells;
  }
  return assert.fail(`not a line of CSV: ${line}`);
}

test('a movement is a line with every column', () => {
  const line = record(
    '032180000118359719',
    'MXN',
    leg({
      seq: 42n,
      atUs: 1_767_225_600_000_007n,
      amountMinor: -1_234_050n,
      balanceMinor: 9_007_199_254_740_993n,
      memo: 'renta "enero", casa',
      transferId: 'abc123',
      idempotencyKey: Uint8Array.from({ length: 16 }, (_, i) => i),
      head: new Uint8Array(32).fill(0xa3),
    }),
  );
  const cells = Object.fromEntries(columns.map((name, i) => [name, parse(line)[i]]));
  assert.deepEqual(cells, {
    account: '032 180 00011835971 9',
    seq: '42',
    date: '2026-01-01T00:00:00.000007Z',
    kind: 'transfer',
    counterparty_clabe: '002 010 07777777777 1',
    counterparty_name: 'Luis Pérez',
    memo: 'renta "enero", casa',
    amount: '-12340.50',
    currency: 'MXN',
    balance_after: '90071992547409.93',
    transfer_id: 'abc123',
    idempotency_key: '00010203-0405-0607-0809-0a0b0c0d0e0f',
    chain_head: 'a3'.repeat(32),
  });
  assert.equal(parse(header()).length, columns.length);
  assert.equal(parse(line).length, columns.length);
});

test('no text becomes a formula', () => {
  for (const value of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '＋1', '－1', '＠x', ' =1', '\u200b=1', '−1']) {
    assert.equal(text(value), `'${value}`);
  }
  for (const value of ['', 'renta', '1+1', "'=1", 'a=b', '¡hola!', '(1)', '#1']) assert.equal(text(value), value);
  const cells = parse(record('032180000118359719', 'MXN', leg({ memo: '=HYPERLINK("http://x","y")', counterpartyName: '@ana' })));
  assert.equal(cells[6], `'=HYPERLINK("http://x","y")`);
  assert.equal(cells[5], `'@ana`);
});

test('amounts are numbers that a program can sum, negative ones too', () => {
  let sum = 0;
  for (const amountMinor of [-5n, 100n, -1n]) {
    const cell = parse(record('1', 'MXN', leg({ amountMinor })))[7] ?? '';
    assert.match(cell, /^-?\d+\.\d{2}$/);
    sum += Number(cell) * 100;
  }
  assert.equal(Math.round(sum), 94);
});

test('times are exact to the microsecond, before 1970 too', () => {
  assert.equal(isoTime(0n), '1970-01-01T00:00:00.000000Z');
  assert.equal(isoTime(-1n), '1969-12-31T23:59:59.999999Z');
  assert.equal(isoTime(1_767_225_599_999_999n), '2025-12-31T23:59:59.999999Z');
});

test('a kind of tomorrow is not called by a name of today', () => {
  assert.equal(parse(record('1', 'MXN', leg({ kind: 9 as TransferKind })))[3], 'kind 9');
  assert.equal(uuid(new Uint8Array()), '');
});
