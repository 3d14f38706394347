import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { ListAuditResultSchema, type ListAuditResult } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { Trail } from '../../src/app/views/teller/trail.ts';

/** A log of ids, newest first, read in pages of two; the cursor is the id that the next page begins at. */
function log(...ids: string[]) {
  const bank = { ids, asked: 0, fail: undefined as unknown };
  const page = async (cursor: string): Promise<ListAuditResult> => {
    bank.asked++;
    if (bank.fail !== undefined) {
      throw bank.fail;
    }
    const from = cursor === '' ? 0 : bank.ids.indexOf(cursor);
    const entries = bank.ids.slice(from, from + 2).map((id) => ({ id }));
    return create(ListAuditResultSchema, { entries, next: bank.ids[from + 2] ?? '' });
  };
  return { bank, trail: new Trail(page) };
}

const ids = (trail: Trail) => trail.entries.value.map((e) => e.id).join('');

test('the log is read page by page to its end', async () => {
  const { bank, trail } = log('e', 'd', 'c', 'b', 'a');
  await trail.more();
  assert.equal(ids(trail), 'ed');
  assert.equal(trail.complete.value, false);
  await trail.more();
  await trail.more();
  assert.equal(ids(trail), 'edcba');
  assert.equal(trail.complete.value, true);
  await trail.more();
  assert.equal(bank.asked, 3, 'nothing is asked past the end');
});

test('a refresh puts what is new on top, without doubles, and reading goes on below', async () => {
  const { bank, trail } = log('d', 'c', 'b', 'a');
  await trail.more();
  bank.ids.unshift('g', 'f', 'e');
  await trail.refresh();
  assert.equal(ids(trail), 'gfedc');
  await trail.more();
  assert.equal(ids(trail), 'gfedcba');
});

test('where more happened than a refresh reads, the list begins anew and misses nothing', async () => {
  const { bank, trail } = log('b', 'a');
  await trail.more();
  bank.ids.unshift(...'zyxwvutsrqponm');
  await trail.refresh();
  assert.equal(ids(trail), 'zyxwvuts');
  while (!trail.complete.value) {
    await trail.more();
  }
  assert.equal(ids(trail), bank.ids.join(''));
});

test('the first entry of an empty log arrives by a refresh', async () => {
  const { bank, trail } = log();
  await trail.more();
  assert.equal(trail.complete.value, true);
  bank.ids.unshift('a');
  await trail.refresh();
  assert.equal(ids(trail), 'a');
});

test('two at once ask once', async () => {
  const { bank, trail } = log('c', 'b', 'a');
  await Promise.all([trail.more(), trail.more()]);
  assert.equal(bank.asked, 1);
});

test('a refresh that comes while a page is on its way happens after', async () => {
  const { bank, trail } = log('b', 'a');
  const reading = trail.more();
  bank.ids.unshift('c');
  await Promise.all([reading, trail.refresh()]);
  assert.equal(ids(trail), 'cba');
});

test('a failure leaves the list as it was, and the next attempt goes on', async () => {
  const { bank, trail } = log('c', 'b', 'a');
  await trail.more();
  bank.fail = new Error('cut');
  await trail.more();
  assert.equal(trail.error.value, bank.fail);
  assert.equal(trail.loading.value, false);
  assert.equal(ids(trail), 'cb');
  bank.fail = undefined;
  await trail.more();
  assert.equal(trail.error.value, undefined);
  assert.equal(ids(trail), 'cba');
});

test('a page that was asked for somebody else is dropped', async () => {
  const { bank, trail } = log('b', 'a');
  const reading = trail.more();
  trail.forget();
  bank.ids = ['z'];
  await Promise.all([reading, trail.more()]);
  assert.equal(ids(trail), 'z');
});
