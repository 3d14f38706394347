import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chunk, retryInMs } from '../../src/app/chunk.ts';

test('code that did not come is fetched when it is asked for again, and only until it is here', async () => {
  const answers = [Promise.reject(new Error('no network')), Promise.resolve('code'), Promise.resolve('other')];
  let asked = 0;
  const chunk = new Chunk(() => answers[asked++] ?? assert.fail('fetched once more'));
  answers[0]?.catch(() => undefined);
  await chunk.fetch();
  assert.deepEqual(chunk.state.value, { failures: 1 });
  await chunk.fetch();
  assert.deepEqual(chunk.state.value, { code: 'code', failures: 0 });
  await chunk.fetch();
  assert.equal(asked, 2);
});

test('whoever asks while the code is on its way does not fetch it twice', async () => {
  let asked = 0;
  let come: (code: string) => void = () => undefined;
  const chunk = new Chunk(() => {
    asked++;
    return new Promise<string>((resolve) => (come = resolve));
  });
  const first = chunk.fetch();
  void chunk.fetch();
  come('code');
  await first;
  assert.equal(asked, 1);
  assert.equal(chunk.state.value.code, 'code');
});

test('attempts in a row come ever more seldom, but within half a minute', () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 60].map(retryInMs), [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});
