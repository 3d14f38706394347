import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batch, effect, signal } from '@preact/signals';
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
  readonly resets = signal(0);
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

test('only matches are counted as newer, and a list that was wrong shows everything once it is read again', async () => {
  const feed = new Feed(new Books(legs));
  const list = model(feed);
  await list.further();
  list.setFilter({ ...everything, text: 'wanted' });
  list.hold();
  feed.arrive(leg({ seq: 1201n, memo: 'wanted' }));
  feed.arrive(leg({ seq: 1202n, memo: 'other' }));
  assert.equal(list.newer.value, 1);
  batch(() => {
    feed.resets.value++;
    feed.legs.value = [leg({ seq: 1300n, memo: 'wanted' })];
  });
  assert.equal(list.newer.value, 0);
  assert.deepEqual(seqs(list.shown.value), [1300]);
});

/** A movement that counts how often anything of it is read. */
function counted(movement: Leg, reads: { count: number }): Leg {
  return new Proxy(movement, {
    get: (target, name) => {
      reads.count++;
      return Reflect.get(target, name);
    },
  });
}

for (const [name, filter] of [
  ['a list', everything],
  ['a search', { ...everything, text: 'wanted' }],
  ['a list of today', { ...everything, firstDay: dayOf(nowUs) }],
] as const) {
  test(`a flood costs ${name} what arrives, not what is there, and moves nothing`, () => {
    const reads = { count: 0 };
    const length = 10_000;
    const make = (seq: number): Leg =>
      counted(leg({ seq: BigInt(seq), atUs: nowUs + BigInt(seq), memo: seq % 2 === 0 ? 'wanted' : '' }), reads);
    const feed = new Feed(new Books([]));
    feed.legs.value = Array.from({ length }, (_, i) => make(length - i));
    const list = model(feed);
    list.setFilter(filter);
    let drawn = 0;
    let newer = 0;
    const stops = [
      effect(() => void (list.days.value, list.source.value.complete.value, drawn++)),
      effect(() => void (newer = list.newer.value)),
    ];
    list.flood();
    assert.ok(reads.count > 0, 'what is drawn is read');
    drawn = 0;
    const before = list.days.value;
    for (let frame = 0; frame < 1000; frame++) {
      const top = length + frame * 16;
      const arrived = Array.from({ length: 16 }, (_, i) => make(top + 16 - i));
      reads.count = 0;
      feed.legs.value = [...arrived, ...feed.legs.value].slice(0, length); // the oldest are let go of
      assert.ok(reads.count <= 16 * 10, `${reads.count} reads in frame ${frame}`);
    }
    assert.equal(drawn, 0);
    assert.equal(list.days.value, before);
    assert.equal(newer, filter.text === '' ? 16_000 : 8_000);
    list.calm();
    list.release();
    assert.equal(newer, 0);
    assert.deepEqual(list.shown.value, filter.text === '' ? feed.legs.value : feed.legs.value.filter((l) => l.memo === 'wanted'));
    stops.forEach((stop) => stop());
  });
}

test('in a flood the newest are shown when they are asked for, and then stand still', async () => {
  const feed = new Feed(new Books(legs));
  const list = model(feed);
  await list.further();
  list.flood();
  feed.arrive(leg({ seq: 1201n }));
  list.follow();
  assert.equal(list.shown.value[0]?.seq, 1200n, 'to be at the top is not to ask');
  list.release();
  assert.equal(list.shown.value[0]?.seq, 1201n);
  feed.arrive(leg({ seq: 1202n }));
  assert.equal(list.shown.value[0]?.seq, 1201n);
  assert.equal(list.newer.value, 1);
  list.calm();
  list.follow();
  feed.arrive(leg({ seq: 1203n }));
  assert.deepEqual(seqs(list.shown.value.slice(0, 3)), [1203, 1202, 1201]);
});

test('a list that stands still grows downwards, also by what the bank\'s list has let go of', async () => {
  const feed = new Feed(new Books(legs));
  const list = model(feed);
  const down = (to: number): number[] => Array.from({ length: 1201 - to }, (_, i) => 1200 - i);
  await list.further();
  list.hold();
  await list.further();
  assert.deepEqual(seqs(list.shown.value), down(1101));
  feed.legs.value = Array.from({ length: 100 }, (_, i) => leg({ seq: BigInt(1500 - i) }));
  assert.deepEqual(seqs(list.shown.value), down(1101));
  assert.equal(list.newer.value, 300);
  await list.further();
  await list.further();
  const end = list.shown.value.length;
  assert.ok(end > 150, `${end}`);
  assert.deepEqual(seqs(list.shown.value), down(1201 - end));
  while (!list.source.value.complete.value) await list.further();
  assert.deepEqual(seqs(list.shown.value), down(1));
  const { asked } = feed.books;
  await list.further();
  assert.equal(feed.books.asked, asked, 'there is nothing more');
  list.release();
  assert.deepEqual(seqs(list.shown.value), seqs(feed.legs.value));
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
