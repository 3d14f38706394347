import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransferKind } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { acquaintances } from '../../src/app/views/send/recent.ts';
import { leg, mine, savings } from './make.ts';

test('whom one paid comes first, newest first, once, with the newest name; then who paid; never oneself', () => {
  const legs = [
    leg('A', -1n, 10n, 'An***'),
    leg('B', -1n, 30n, 'Be***'),
    leg('A', -1n, 40n, 'An*** To***'),
    leg('C', 5n, 90n, 'Carla Ruiz'),
    leg('B', 5n, 95n, 'Berta Gil'),
    leg(savings, -1n, 99n, 'Ana'),
    leg('', -1n, 99n, 'Caja', TransferKind.WITHDRAWAL),
    leg('D', 1n, 99n, 'Caudal', TransferKind.GIFT),
  ];
  assert.deepEqual(acquaintances(legs, [mine, savings], 6), [
    { clabe: 'A', name: 'An*** To***', atUs: 40n },
    { clabe: 'B', name: 'Be***', atUs: 30n },
    { clabe: 'C', name: 'Carla Ruiz', atUs: 90n },
  ]);
  assert.equal(acquaintances(legs, [mine, savings], 2).length, 2);
});
