import assert from 'node:assert/strict';
import { test } from 'node:test';
import { untilRekey } from '../../src/app/views/security/rekey.ts';

test('a key serves 65,536 records, then the next begins', () => {
  assert.equal(untilRekey(0), 65_536);
  assert.equal(untilRekey(1), 65_535);
  assert.equal(untilRekey(65_535), 1);
  assert.equal(untilRekey(65_536), 65_536);
  assert.equal(untilRekey(3 * 65_536 + 10), 65_526);
});
