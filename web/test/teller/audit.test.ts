import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { AuditAction, AuditEntrySchema, Code } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { byDay, outcome, signedMinor } from '../../src/app/views/teller/audit.ts';

const entry = (fields: MessageInitShape<typeof AuditEntrySchema>) => create(AuditEntrySchema, fields);

test('entries are grouped by the day they were made', () => {
  const entries = [entry({ id: 'c', atUs: 25n }), entry({ id: 'b', atUs: 21n }), entry({ id: 'a', atUs: 9n })];
  const days = byDay(entries, (us) => String(us / 10n));
  assert.deepEqual(days.map((d) => [d.name, d.entries.map((e) => e.id)]), [['2', ['c', 'b']], ['0', ['a']]]);
  assert.deepEqual(byDay([], String), []);
});

test("an entry's end is told as it was", () => {
  assert.deepEqual(outcome(entry({ action: AuditAction.DEPOSIT, amountMinor: 5n })), { kind: 'done' });
  assert.deepEqual(outcome(entry({ action: AuditAction.WITHDRAW, refusal: Code.INSUFFICIENT_FUNDS })), { kind: 'refused', code: Code.INSUFFICIENT_FUNDS });
  assert.deepEqual(outcome(entry({ action: AuditAction.FIND_HOLDERS, found: 3, more: true })), { kind: 'found', found: 3, more: true });
  assert.deepEqual(outcome(entry({ action: AuditAction.SET_ROLE, before: 'holder', after: 'teller' })), { kind: 'changed', before: 'holder', after: 'teller' });
});

test('cash that comes in is positive, cash that goes out negative, and nothing else has an amount', () => {
  assert.equal(signedMinor(entry({ action: AuditAction.DEPOSIT, amountMinor: 5n })), 5n);
  assert.equal(signedMinor(entry({ action: AuditAction.WITHDRAW, amountMinor: 5n })), -5n);
  assert.equal(signedMinor(entry({ action: AuditAction.FIND_HOLDERS })), undefined);
});
