import type { Account, Leg } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { dateTime, money, signedMoney } from '../../format.ts';
import { groupClabe } from '../../ui/index.ts';
import { hex, uuid } from './csv.ts';
import { kindName, otherSide } from './kinds.ts';
import { t } from './text.ts';

/** A receipt as plain text, a line for each fact, for a message or a note. */
export function receiptText(bank: string, account: Account, leg: Leg): string {
  const own = `${account.name} ${groupClabe(account.clabe)}`;
  const other = `${otherSide(leg)} ${groupClabe(leg.counterparty)}`;
  const incoming = leg.amountMinor > 0n;
  const facts: [string, string][] = [
    [t.receipt, `${bank} · ${kindName(leg.kind)}`],
    [incoming ? t.received : t.sent, signedMoney(leg.amountMinor, account.currency)],
    [t.when, dateTime(leg.atUs)],
    [t.payer, incoming ? other : own],
    [t.payee, incoming ? own : other],
    [t.memo, leg.memo],
    [t.balanceAfter, money(leg.balanceMinor, account.currency)],
    [t.number, leg.seq.toString()],
    [t.transferId, leg.transferId],
    [t.key, uuid(leg.idempotencyKey)],
    [t.chainHead, hex(leg.head)],
  ];
  return facts
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}
