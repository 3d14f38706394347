import type { Account } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { parseMoney, typedMoney } from '../../format.ts';
import { clabeOf, groupClabe } from '../../ui/clabe-text.ts';
import { type Draft, emptyDraft } from './flow.ts';

/**
 * The draft that an address asks for: `mode=own`, and `from`, `to` (a CLABE or a @username) and `amount` (major units). An
 * address with a payee begins a new draft; without one, what was entered stays. Whatever cannot be read is left out: an
 * address is anybody's, and only a person goes on from it.
 */
export function prefilled(draft: Draft, query: URLSearchParams, accounts: readonly Account[]): Draft {
  const own = (clabe: string) => accounts.find((account) => account.clabe === clabe);
  const to = query.get('to') ?? '';
  const digits = /^[\d\s-]+$/.test(to) ? clabeOf(to) : '';
  const mode = query.get('mode') === 'own' || own(digits) !== undefined ? 'own' : 'pay';
  const payer = own(clabeOf(query.get('from') ?? ''));
  let filled: Draft = to === '' ? { ...draft, mode } : emptyDraft(mode, draft.from);
  if (payer !== undefined) filled = { ...filled, from: payer.clabe };
  if (to !== '' && mode === 'own' && own(digits) !== undefined) filled = { ...filled, to: digits };
  if (to !== '' && mode === 'pay') filled = { ...filled, payee: digits === '' ? to.slice(0, 64) : groupClabe(digits) };
  const currency = own(filled.from)?.currency ?? 'MXN';
  const amountMinor = to === '' ? undefined : parseMoney(query.get('amount') ?? '', currency);
  if (amountMinor !== undefined && amountMinor > 0n) filled = { ...filled, amount: typedMoney(amountMinor, currency) };
  return filled;
}

/** The address that opens Send with a payee, and an amount in minor units if there is one, on the page at `base`. */
export function askLink(base: string, clabe: string, amountMinor: bigint | undefined, currency: string): string {
  const query = new URLSearchParams({ to: clabe });
  if (amountMinor !== undefined) query.set('amount', typedMoney(amountMinor, currency).replaceAll(',', ''));
  return `${base}#/send?${query}`;
}
