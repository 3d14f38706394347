import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BankError, ChannelError, Code, LinkError, StoreError, type ChannelErrorCode, type CutReason } from '../../src/caudal/index.ts';
import { cuts, refusals } from '../../src/app/errors-text.ts';
import { explain, explainCode } from '../../src/app/errors.ts';
import { language } from '../../src/app/i18n.ts';

const codes = Object.values(Code).filter((code) => typeof code === 'number');

test('every code of the bank has words of its own, in both languages', () => {
  for (const spoken of ['es-MX', 'en'] as const) {
    language.value = spoken;
    const words = codes.map((code) => explainCode(code));
    assert.equal(new Set(words).size, codes.length);
    for (const code of codes) {
      assert.ok(Object.hasOwn(refusals, (Code[code] ?? '').toLowerCase()), `${code} in ${spoken}`);
      assert.equal(explain(new BankError(code, 'for a log', false)), explainCode(code));
    }
  }
});

test('a code of a newer bank is still explained', () => {
  assert.match(explainCode(4711 as Code), /4711/);
});

test('what the bank wrote for logs is not shown', () => {
  assert.doesNotMatch(explain(new BankError(Code.INTERNAL, 'pq: deadlock', true)), /deadlock/);
  assert.doesNotMatch(explain(new Error('secret')), /secret/);
  assert.doesNotMatch(explain('secret'), /secret/);
});

test('a wait is said, and never as shorter than it is', () => {
  language.value = 'en';
  assert.match(explain(new BankError(Code.RATE_LIMITED, '', true, 11_001)), /12\u00a0sec/);
  assert.match(explain(new BankError(Code.RATE_LIMITED, '', true, 60_001)), /2\u00a0min/);
  assert.match(explain(new BankError(Code.BUSY, '', true, 500)), /1\u00a0sec/);
  assert.equal(explain(new BankError(Code.RATE_LIMITED, '', true)), refusals.rate_limited);
});

test('every failure on the way has words', () => {
  const channel: ChannelErrorCode[] = ['unsupported', 'certificate_expired', 'handshake_authentication', 'engine', 'closed'];
  for (const code of channel) {
    assert.ok(explain(new ChannelError(code, '')).length > 20, code);
  }
  for (const code of ['unavailable', 'failed', 'full'] as const) {
    assert.ok(explain(new StoreError(code, '')).length > 20, code);
  }
  assert.ok(explain(new LinkError('')).length > 20);
  const reasons: CutReason[] = ['offline', 'network', 'silent', 'refused', 'draining', 'closed', 'bad_record'];
  assert.deepEqual(Object.keys(cuts).sort(), reasons.sort());
});
