import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { AccountSchema, AccountStatus, TellerLimitsSchema } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { balanceAfter, left, obstacle } from '../../src/app/views/teller/limits.ts';

const limits = create(TellerLimitsSchema, {
  currency: 'MXN',
  operationMaxMinor: 5_000n,
  dayMaxMinor: 20_000n,
  dayDepositedMinor: 18_000n,
  dayWithdrawnMinor: 1_000n,
});
const account = create(AccountSchema, { currency: 'MXN', balanceMinor: 900n, availableMinor: 700n, status: AccountStatus.ACTIVE });

test("each way has the day's limit for itself", () => {
  assert.deepEqual(left(limits, 'deposit'), { operationMinor: 2_000n, dayMinor: 2_000n, usedMinor: 18_000n, dayMaxMinor: 20_000n });
  assert.deepEqual(left(limits, 'withdraw'), { operationMinor: 5_000n, dayMinor: 19_000n, usedMinor: 1_000n, dayMaxMinor: 20_000n });
});

test('a limit that was lowered leaves nothing, and never less', () => {
  const lowered = create(TellerLimitsSchema, { currency: 'MXN', operationMaxMinor: 5_000n, dayMaxMinor: 100n, dayDepositedMinor: 18_000n });
  assert.equal(left(lowered, 'deposit').dayMinor, 0n);
  assert.equal(left(lowered, 'deposit').operationMinor, 0n);
});

test('an amount meets the first obstacle in its way', () => {
  const frozen = create(AccountSchema, { ...account, status: AccountStatus.FROZEN });
  assert.equal(obstacle('deposit', 100n, frozen, limits), 'frozen');
  assert.equal(obstacle('deposit', 0n, account, limits), 'zero');
  assert.equal(obstacle('deposit', -1n, account, limits), 'zero');
  assert.equal(obstacle('deposit', 5_001n, account, limits), 'over_operation');
  assert.equal(obstacle('deposit', 2_001n, account, limits), 'over_day');
  assert.equal(obstacle('deposit', 2_000n, account, limits), 'none');
  assert.equal(obstacle('withdraw', 701n, account, limits), 'insufficient');
  assert.equal(obstacle('withdraw', 700n, account, limits), 'none');
});

test("limits of another currency, or none, stand in nobody's way", () => {
  const dollars = create(AccountSchema, { ...account, currency: 'USD' });
  assert.equal(obstacle('deposit', 9_999_999n, dollars, limits), 'none');
  assert.equal(obstacle('deposit', 9_999_999n, account, undefined), 'none');
});

test('the balance after is exact beyond what a float holds', () => {
  const rich = { balanceMinor: 9_007_199_254_740_993n };
  assert.equal(balanceAfter('deposit', 1n, rich), 9_007_199_254_740_994n);
  assert.equal(balanceAfter('withdraw', 1n, rich), 9_007_199_254_740_992n);
});
