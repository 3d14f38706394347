import type { Order } from '../../../caudal/index.ts';
import { explain } from '../../errors.ts';
import { money } from '../../format.ts';
import { t } from './text.ts';

/** What an order is about, such as "$125.50 to Lu*** Ve***". */
export function subject({ command }: Order): string {
  switch (command.kind) {
    case 'transfer':
      return t.transfer(money(command.amountMinor, command.currency), named(command.payeeName, command.to));
    case 'deposit':
      return t.deposit(money(command.amountMinor, command.currency), named(command.holder, command.account));
    case 'withdraw':
      return t.withdraw(money(command.amountMinor, command.currency), named(command.holder, command.account));
    case 'open_account':
      return t.openAccount(command.name);
  }
}

/** How an order stands, in a few words. `live` is whether it can go out now. */
export function standing(order: Order, live: boolean): string {
  switch (order.state) {
    case 'sending':
      return live ? t.sending : t.waiting;
    case 'unknown':
      return live ? t.asking : t.unknown;
    case 'done':
      return t.done;
    case 'refused':
      return order.error === undefined ? t.refused : `${t.refused}: ${explain(order.error)}`;
  }
}

/** What is said aloud when orders change; undefined for what nobody needs to hear. */
export function said(orders: readonly Order[]): string | undefined {
  const heard = orders.filter(({ state }) => state !== 'sending');
  if (heard.length > 2) return t.saidMany(heard.length);
  return heard.length === 0 ? undefined : heard.map(sentence).join(' ');
}

function sentence(order: Order): string {
  switch (order.state) {
    case 'done':
      return t.saidDone(subject(order));
    case 'refused':
      return t.saidRefused(subject(order), order.error === undefined ? '' : explain(order.error));
    default:
      return t.saidUnknown(subject(order));
  }
}

function named(name: string | undefined, clabe: string): string {
  return name === undefined || name === '' ? `··${clabe.slice(-4)}` : name;
}
