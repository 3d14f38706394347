import { create } from '@bufbuild/protobuf';
import {
  type Account,
  AccountSchema,
  AccountStatus,
  type Leg,
  LegSchema,
  PayeeSchema,
  ReceiptSchema,
  TransferKind,
} from '../../src/caudal/gen/caudal/v1/caudal_pb.ts';
import type { Order } from '../../src/caudal/index.ts';
import type { Lookup } from '../../src/app/views/send/lookup.ts';
import type { Payment } from '../../src/app/views/send/flow.ts';

/** Two accounts of the holder, and one of somebody else, at the same bank. */
export const mine = '032180000118359719';
export const savings = '032180000000000011';
export const theirs = '032180000000000024';

export const keyA = '0190b6a4-7d2e-7000-8000-00000000000a';
export const keyB = '0190b6a4-7d2e-7000-8000-00000000000b';

export function account(clabe: string, availableMinor: bigint, change: { currency?: string; status?: AccountStatus; name?: string } = {}): Account {
  const base = { clabe, name: 'Principal', currency: 'MXN', status: AccountStatus.ACTIVE };
  return create(AccountSchema, { ...base, balanceMinor: availableMinor, availableMinor, ...change });
}

export function leg(counterparty: string, amountMinor: bigint, atUs: bigint, counterpartyName: string, kind = TransferKind.TRANSFER): Leg {
  return create(LegSchema, { counterparty, amountMinor, atUs, counterpartyName, kind });
}

export function found(username?: string, change: { clabe?: string; currency?: string } = {}): Lookup {
  const payee = create(PayeeSchema, { clabe: theirs, maskedName: 'Lu*** Ve***', currency: 'MXN', ...change });
  return { kind: 'found', payee, username };
}

export const payment: Payment = {
  from: mine,
  to: theirs,
  amountMinor: 12_550n,
  currency: 'MXN',
  memo: 'la comida',
  payeeName: 'Lu*** Ve***',
  username: 'luis',
  own: false,
};

/** An order that carries out `payment`, unless told otherwise. */
export function order(key: string, state: Order['state'], change: Partial<Order> = {}): Order {
  const { from, to, amountMinor, currency, memo, payeeName } = payment;
  const command = { kind: 'transfer' as const, from, to, amountMinor, currency, memo, payeeName };
  return { key, username: 'ana', createdAtMs: 1_000, state, command, ...change };
}

export const receipt = create(ReceiptSchema, {
  transferId: 'T1',
  from: mine,
  to: theirs,
  amountMinor: 12_550n,
  currency: 'MXN',
  memo: 'la comida',
  balanceMinor: 87_450n,
  seq: 7n,
});
