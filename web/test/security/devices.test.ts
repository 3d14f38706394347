import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { DeviceSchema } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import { deviceId, inOrder, Newcomers } from '../../src/app/views/security/devices.ts';

function device(id: number, seen: bigint, current = false) {
  return create(DeviceSchema, { id: Uint8Array.of(id), name: `device ${id}`, lastSeenAtUs: seen, current });
}

test('this device comes first, then whoever was seen last', () => {
  const devices = [device(1, 10n), device(2, 30n), device(3, 5n, true), device(4, 20n)];
  assert.deepEqual(inOrder(devices).map(deviceId), ['03', '02', '04', '01']);
  assert.equal(deviceId(devices[0] ?? device(9, 0n)), '01', 'the list given is left alone');
});

test('a device that appears is told once, and nothing of the first look', () => {
  const newcomers = new Newcomers();
  const phone = device(1, 1n, true);
  const laptop = device(2, 2n);
  const stranger = device(3, 3n);
  assert.deepEqual(newcomers.among([phone, laptop]), []);
  assert.deepEqual(newcomers.among([phone, laptop, stranger]).map(deviceId), ['03']);
  assert.deepEqual(newcomers.among([phone, laptop, stranger]), []);
});

test('a list that was empty for a moment makes nobody a stranger', () => {
  const newcomers = new Newcomers();
  newcomers.among([device(1, 1n, true), device(2, 2n)]);
  newcomers.among([]);
  assert.deepEqual(newcomers.among([device(1, 1n, true), device(2, 2n)]), []);
});

test('whoever signs in next starts with their own devices', () => {
  const newcomers = new Newcomers();
  newcomers.among([device(1, 1n, true)]);
  newcomers.forget();
  assert.deepEqual(newcomers.among([device(7, 1n, true), device(8, 1n)]), []);
});
