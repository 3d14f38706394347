import { create } from '@bufbuild/protobuf';
import { type Leg, LegSchema, TransferKind } from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';

/** A movement with what a test cares about; the rest is plausible. */
export function leg(values: Partial<Omit<Leg, '$typeName' | '$unknown'>> = {}): Leg {
  return create(LegSchema, {
    transferId: 'f00d',
    seq: 1n,
    amountMinor: 100n,
    balanceMinor: 100n,
    counterparty: '002010077777777771',
    counterpartyName: 'Luis Pérez',
    memo: '',
    atUs: 1_767_225_600_000_000n,
    kind: TransferKind.TRANSFER,
    idempotencyKey: new Uint8Array(),
    head: new Uint8Array(32),
    ...values,
  });
}

/** A time of 2026 in this process's zone, in microseconds. */
export function at(month: number, date: number, hour = 12, minute = 0): bigint {
  return BigInt(new Date(2026, month - 1, date, hour, minute).getTime()) * 1000n;
}
