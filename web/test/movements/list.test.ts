import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signal } from '@preact/signals';
import type { Leg } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { dayOf } from '../../src/app/views/movements/days.ts';
import { everything } from '../../src/app/views/movements/filter.ts';
import { ListModel } from '../../src/app/views/movements/list-model.ts';
import { look, lookEnough, lookPagesMax } from '../../src/app/views/movements/seek.ts';
import { PastPages, since, type Source } from '../../src/app/views/movements/sources.ts';
import { Books } from './bank.ts';
import { at, leg } from './legs.ts';

/** An account's movements as the dashboard keeps them: pages at the bottom, live ones on top. */
class Feed implements Source {
  readonly legs = signal<readonly Leg[]>([]);
  readonly complete = signal(false);
  readonly loading = signal(false);
  readonly error = signal<unknown>(undefined);
  #cursor = '';
  constructor(readonly books: Books) {}

  async more(): Promise<void> {
    const page = await this.books.history({ account: '1', ...(this.#cursor !== '' && { cursor: this.#cursor }) });
    this.#cursor = page.next;
    this.legs.value = [...this.legs.value, ...page.legs];
    this.complete.value = page.next === '';
  }

  arrive(movement: Leg): void {
    this.legs.value = [movement, ...this.legs.value];
  }
}

const hour = 3_600_000_000n;
const legs = Array.from({ length: 1200 }, (_, i) =>
  leg({ seq: BigInt(i + 1), atUs: at(1, 1) + BigInt(i) * hour, memo: i % 400 === 0 ? 'rare' : 'common' }),
);
const nowUs = at(1, 1) + 1300n * hour;

function model(feed: Feed): ListModel {
  return new ListModel({ account: '1', currency: 'MXN', movements: feed, history: feed.books.history, nowUs: () => nowUs });
}

const seqs = (list: readonly Leg[]): number[] => list.map((l) => Number(l.seq));

test('movements that arrive while a person reads further down wait, and are counted', async () => {
  const feed = new Feed(new Books(legs));
  const list = model(feed);
  await list.further();
  feed.arrive(leg({ seq: 1201n }));
  assert.equal(list.shown.value[0]?.seq, 1201n);
  list.hold();
  feed.arrive(leg({ seq: 1202n }));
  feed.arrive(leg({ seq: 1203n }));
  assert.equal(list.shown.value[0]?.seq, 1201n);
  assert.equal(list.newer.value, 2);
  list.release();
  assert.deepEqual(seqs(list.shown.value.slice(0, 2)), [1203, 1202]);
  assert.equal(list.newer.value, 0);
});

test('only matches are counted as newer, and a list that was read anew shows everything', async () => {
  const feed = new Feed(new Books(legs));
  const list = model(feed);
  await list.further();
  list.setFilter({ ...everything, text: 'wanted' });
  list.hold();
  feed.arrive(leg({ seq: 1201n, memo: 'wanted' }));
  feed.arrive(leg({ seq: 1202n, memo: 'other' }));
  assert.equal(list.newer.value, 1);
  feed.legs.value = [leg({ seq: 1300n, memo: 'wanted' })];
  assert.deepEqual(seqs(list.shown.value), [1300]);
});

test('a look ends at its bound, says so, and goes on when asked', async () => {
  const feed = new Feed(new Books(legs));
  const list = model(feed);
  list.setFilter({ ...everything, text: 'rare' });
  await list.further();
  assert.equal(feed.books.asked, lookPagesMax);
  assert.equal(list.lookEnd.value, 'bound');
  assert.deepEqual(seqs(list.shown.value), [801]);
  await list.further();
  await list.further();
  assert.equal(list.lookEnd.value, 'complete');
  assert.deepEqual(seqs(list.shown.value), [801, 401, 1]);
  assert.equal(list.looking.value, false);
});

test('a look rests when it has found enough', async () => {
  const feed = new Feed(new Books(legs));
  assert.equal(await look(feed, () => true, new AbortController().signal), 'enough');
  assert.equal(feed.books.asked, 1);
  assert.ok(feed.legs.value.length >= lookEnough);
});

test('another search calls the look before off', async () => {
  const feed = new Feed(new Books(legs));
  const list = model(feed);
  list.setFilter({ ...everything, text: 'nothing has this' });
  const first = list.further();
  list.setFilter({ ...everything, text: 'common' });
  const second = list.further();
  await Promise.all([first, second]);
  assert.equal(list.lookEnd.value, 'enough');
  assert.ok(feed.books.asked <= 3, `${feed.books.asked} pages`);
});

test('a time that is over is read from its end, and no further than its beginning', async () => {
  const feed = new Feed(new Books(legs));
  const list = model(feed);
  list.setFilter({ ...everything, firstDay: '2026-01-10', lastDay: '2026-01-11' });
  assert.ok(list.source.value instanceof PastPages);
  await list.further();
  const days = new Set(list.shown.value.map((l) => dayOf(l.atUs)));
  assert.deepEqual([...days], ['2026-01-11', '2026-01-10']);
  assert.equal(list.source.value.complete.value, true);
  assert.equal(feed.legs.value.length, 0);
  feed.arrive(leg({ seq: 1201n, atUs: nowUs }));
  assert.equal(list.shown.value[0]?.atUs === nowUs, false);
});

test('a time that goes on has live movements and ends at its beginning', async () => {
  const feed = new Feed(new Books(legs));
  const list = model(feed);
  list.setFilter({ ...everything, firstDay: dayOf(nowUs), lastDay: dayOf(nowUs) });
  await list.further();
  feed.arrive(leg({ seq: 1201n, atUs: nowUs }));
  assert.deepEqual(seqs(list.shown.value), [1201]);
  assert.equal(list.source.value.complete.value, true);
});

test('a source that is bounded knows when it has gone past its beginning', async () => {
  const feed = new Feed(new Books(legs));
  const bounded = since(feed, at(1, 1) + 1170n * hour);
  assert.equal(bounded.complete.value, false);
  await bounded.more();
  assert.equal(bounded.complete.value, true);
  assert.deepEqual(seqs(bounded.legs.value), Array.from({ length: 30 }, (_, i) => 1200 - i));
});

test('a page that does not come is told, and asked for again', async () => {
  const books = new Books(legs);
  let broken = true;
  const pages = new PastPages(
    (request) => (broken ? Promise.reject(new Error('cut')) : books.history(request)),
    '1',
    undefined,
    nowUs,
  );
  await pages.more();
  assert.ok(pages.error.value instanceof Error);
  assert.equal(await look(pages, () => true, new AbortController().signal), 'failed');
  broken = false;
  await Promise.all([pages.more(), pages.more()]);
  assert.equal(pages.error.value, undefined);
  assert.equal(pages.legs.value.length, 50);
});
