import type { Account } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { parseMoney, typedMoney } from '../../format.ts';
import { type Draft, emptyDraft } from './flow.ts';
import { readPayee, regroup } from './payee.ts';

/** As much of a payee as its field holds. */
const payeeMax = 64;

/**
 * The draft that an address asks for: `mode=own`, and `from`, `to` (a CLABE or a @username) and `amount` (major units). An
 * address with a payee begins a new draft; without one, what was entered stays. Whatever cannot be read is left out: an
 * address is anybody's, and only a person goes on from it.
 */
export function prefilled(draft: Draft, query: URLSearchParams, accounts: readonly Account[]): Draft {
  const own = (clabe: string | null) => accounts.find((account) => account.clabe === clabe);
  const from = own(query.get('from'))?.clabe ?? draft.from;
  const to = (query.get('to') ?? '').slice(0, payeeMax);
  if (to === '') return { ...draft, from, mode: query.get('mode') === 'own' ? 'own' : 'pay' };
  const payee = readPayee(to, accounts.map(({ clabe }) => clabe));
  const filled =
    payee.kind === 'own' ? { ...emptyDraft('own', from), to: payee.clabe } : { ...emptyDraft('pay', from), payee: regroup(to, 0).text };
  const currency = own(from)?.currency ?? 'MXN';
  const amountMinor = parseMoney(query.get('amount') ?? '', currency);
  return amountMinor !== undefined && amountMinor > 0n ? { ...filled, amount: typedMoney(amountMinor, currency) } : filled;
}

/**
 * Where to go on to from an address that has filled the draft in; undefined where it asked for nothing. It is read once: on
 * the way back to it, what the person has changed since must not be undone.
 */
export function readAddress(draft: Draft, query: URLSearchParams): string | undefined {
  if (!['from', 'to', 'amount'].some((name) => query.has(name))) return undefined;
  return formPath(draft.mode);
}

/** The address of the form. */
export function formPath(mode: Draft['mode']): string {
  return mode === 'own' ? '/send?mode=own' : '/send';
}

/** The address that opens Send with a payee, and an amount in minor units if there is one, on the page at `base`. */
export function askLink(base: string, clabe: string, amountMinor: bigint | undefined, currency: string): string {
  const query = new URLSearchParams({ to: clabe });
  if (amountMinor !== undefined) query.set('amount', typedMoney(amountMinor, currency).replaceAll(',', ''));
  return `${base}#/send?${query}`;
}
