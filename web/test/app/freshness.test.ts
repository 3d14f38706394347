import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, recheckMs, reconnectingMs, type Hearing } from '../../src/app/freshness.ts';

const nowMs = 1_800_000_000_000;
const live: Hearing = { linkLive: true, subscribed: true, lastHeardMs: nowMs - 1000, heartbeatMs: 10_000 };

test('live needs a live link, a subscription, and to have been heard within two and a half heartbeats', () => {
  assert.equal(judge(live, nowMs).kind, 'live');
  assert.equal(judge({ ...live, lastHeardMs: nowMs - 25_000 }, nowMs).kind, 'live');
  assert.notEqual(judge({ ...live, lastHeardMs: nowMs - 25_001 }, nowMs).kind, 'live');
  assert.notEqual(judge({ ...live, subscribed: false }, nowMs).kind, 'live');
  assert.notEqual(judge({ ...live, linkLive: false }, nowMs).kind, 'live');
  assert.equal(judge({ ...live, lastHeardMs: 0 }, nowMs).kind, 'never');
  assert.notEqual(judge({ ...live, heartbeatMs: 0 }, nowMs).kind, 'live', 'no heartbeat was promised yet');
});

test('a short gap is a reconnection, a long one is stale, and both have an age', () => {
  const cut = { ...live, linkLive: false };
  assert.deepEqual(judge({ ...cut, lastHeardMs: nowMs - 3000 }, nowMs), { kind: 'reconnecting', ageMs: 3000 });
  assert.deepEqual(judge({ ...cut, lastHeardMs: nowMs - reconnectingMs }, nowMs), { kind: 'stale', ageMs: reconnectingMs });
});

test('a clock that was set back makes no negative age', () => {
  assert.deepEqual(judge({ ...live, linkLive: false, lastHeardMs: nowMs + 60_000 }, nowMs), { kind: 'reconnecting', ageMs: 0 });
});

test('the next look comes when live would end, else each second of the age', () => {
  const inMs = recheckMs(live, nowMs);
  assert.ok(inMs !== undefined);
  assert.equal(judge(live, nowMs + inMs - 1).kind, 'live');
  assert.notEqual(judge(live, nowMs + inMs).kind, 'live');
  assert.equal(recheckMs({ ...live, linkLive: false, lastHeardMs: nowMs - 3400 }, nowMs), 600);
  assert.equal(recheckMs({ ...live, lastHeardMs: 0 }, nowMs), undefined);
});
