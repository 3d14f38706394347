import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { signal } from '@preact/signals';
import { DeviceSchema } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import type { Device, Link, Session } from '../../src/caudal/index.ts';
import { toasts } from '../../src/app/announce.ts';
import type { Bank } from '../../src/app/bank.ts';
import { deviceId } from '../../src/app/views/security/devices.ts';
import { watch } from '../../src/app/views/security/watch.ts';

const device = (id: number, current = false) => create(DeviceSchema, { id: Uint8Array.of(id), name: `device ${id}`, current });

function bankOf() {
  let tell: (link: Link) => void = () => undefined;
  const session = signal<Session | undefined>({ username: 'ana' } as Session);
  const devices = signal<readonly Device[]>([]);
  const client = {
    link: { kind: 'connecting', attempt: 1 } as Link,
    on: (_kind: string, f: (link: Link) => void) => {
      tell = f;
      return () => undefined;
    },
  };
  const bank = { client, session, devices } as unknown as Bank;
  const link = (...kinds: Link['kind'][]) => kinds.forEach((kind) => tell({ kind } as Link));
  return { bank, session, devices, link };
}

test('a device that appears is told loudly once, and is a stranger until it is known', () => {
  const { bank, devices } = bankOf();
  const told = toasts.value.length;
  const seen = watch(bank);
  devices.value = [device(1, true), device(2)];
  assert.equal(seen.strangers.value.length, 0);
  devices.value = [device(1, true), device(2), device(3)];
  assert.deepEqual(seen.strangers.value.map(deviceId), ['03']);
  assert.equal(toasts.value.length, told + 1);
  assert.match(toasts.value.at(-1)?.text ?? '', /device 3/);
  devices.value = [device(1, true), device(2), create(DeviceSchema, { ...device(3), name: 'renamed' })];
  assert.deepEqual(seen.strangers.value.map((d) => d.name), ['renamed']);
  assert.equal(toasts.value.length, told + 1);
  seen.know('03');
  assert.equal(seen.strangers.value.length, 0);
});

test('a stranger that is revoked is no stranger any more', () => {
  const { bank, devices } = bankOf();
  const seen = watch(bank);
  devices.value = [device(1, true)];
  devices.value = [device(1, true), device(2)];
  devices.value = [device(1, true)];
  assert.equal(seen.strangers.value.length, 0);
});

test('whoever signs in next has no strangers and no reconnections yet', () => {
  const { bank, devices, session, link } = bankOf();
  const seen = watch(bank);
  link('live', 'waiting', 'live');
  devices.value = [device(1, true)];
  devices.value = [device(1, true), device(2)];
  session.value = undefined;
  devices.value = [];
  session.value = { username: 'luis' } as Session;
  devices.value = [device(7, true), device(8)];
  assert.equal(seen.strangers.value.length, 0);
  assert.equal(seen.reconnections.value, 0);
});

test('only a connection that was there before is a reconnection', () => {
  const { bank, link } = bankOf();
  const seen = watch(bank);
  link('connecting', 'waiting', 'connecting', 'live');
  assert.equal(seen.reconnections.value, 0);
  link('live', 'waiting', 'connecting', 'waiting', 'connecting', 'live');
  assert.equal(seen.reconnections.value, 1);
});

test('a bank has one watch', () => {
  const { bank } = bankOf();
  assert.equal(watch(bank), watch(bank));
});
