import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { FindHoldersResultSchema, type FindHoldersResult } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { HolderSearch } from '../../src/app/views/teller/search.ts';

const clabe = '032180000118359719';

/** A bank that answers when the test says so, and a clock that the test moves. */
function surroundings() {
  const asked: { text: string; answer(username: string): void; refuse(error: unknown): void }[] = [];
  const due: (() => void)[] = [];
  const search = new HolderSearch({
    find: (text) =>
      new Promise<FindHoldersResult>((resolve, reject) => {
        asked.push({
          text,
          answer: (username) => resolve(create(FindHoldersResultSchema, { holders: [{ username, owner: username }] })),
          refuse: reject,
        });
      }),
    isSelf: (text) => text === 'caja',
    later: (f) => {
      due.push(f);
      return () => due.splice(due.indexOf(f), 1);
    },
    nowMs: () => 7,
  });
  const elapse = () => due.splice(0).forEach((f) => f());
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { search, asked, elapse, settle };
}

const usernames = (search: HolderSearch) =>
  search.found.value.kind === 'found' ? search.found.value.holders.map((h) => h.username) : search.found.value.kind;

test('only what stands after a pause is looked up', async () => {
  const { search, asked, elapse, settle } = surroundings();
  for (const text of ['a', 'an', 'ana']) {
    search.type(text);
  }
  assert.equal(asked.length, 0);
  elapse();
  assert.deepEqual(asked.map((a) => a.text), ['ana']);
  assert.equal(search.found.value.kind, 'searching');
  asked[0]?.answer('ana');
  await settle();
  assert.deepEqual(usernames(search), ['ana']);
});

test('an answer that comes too late is dropped', async () => {
  const { search, asked, elapse, settle } = surroundings();
  search.type('ana');
  elapse();
  search.type('luis');
  elapse();
  asked[1]?.answer('luis');
  await settle();
  asked[0]?.answer('ana');
  await settle();
  assert.deepEqual(usernames(search), ['luis']);
});

test('a failure that comes too late is dropped as well', async () => {
  const { search, asked, elapse, settle } = surroundings();
  search.type('ana');
  elapse();
  search.clear();
  asked[0]?.refuse(new Error('cut'));
  await settle();
  assert.deepEqual(search.found.value, { kind: 'waiting', query: { kind: 'empty' } });
});

test('what was answered is not asked again until the person wants it fresh', async () => {
  const { search, asked, elapse, settle } = surroundings();
  search.type('ana');
  elapse();
  asked[0]?.answer('ana');
  await settle();
  search.type('ana ');
  await search.now();
  elapse();
  assert.equal(asked.length, 1);
  void search.again();
  assert.equal(asked.length, 2);
});

test('Enter does not wait for the pause, and does not ask twice', () => {
  const { search, asked, elapse } = surroundings();
  search.type('ana');
  void search.now();
  elapse();
  assert.equal(asked.length, 1);
});

test('digits wait for Enter, a whole CLABE does not', () => {
  const { search, asked, elapse } = surroundings();
  search.type('0321');
  elapse();
  assert.equal(asked.length, 0);
  assert.deepEqual(search.found.value, { kind: 'waiting', query: { kind: 'digits', digits: 4 } });
  void search.now();
  assert.deepEqual(asked.map((a) => a.text), ['0321']);
  search.type(clabe);
  elapse();
  assert.deepEqual(asked.map((a) => a.text), ['0321', clabe]);
});

test('whoever looks for themselves is told, and nothing is asked', () => {
  const { search, asked, elapse } = surroundings();
  search.type('@caja');
  elapse();
  assert.equal(asked.length, 0);
  assert.equal(search.found.value.kind, 'yourself');
});

test('a failure can be tried again', async () => {
  const { search, asked, elapse, settle } = surroundings();
  search.type('ana');
  elapse();
  asked[0]?.refuse(new Error('cut'));
  await settle();
  assert.equal(search.found.value.kind, 'failed');
  void search.again();
  asked[1]?.answer('ana');
  await settle();
  assert.deepEqual(usernames(search), ['ana']);
});
