import { type Account, AccountStatus } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import type { Order } from '../../../caudal/index.ts';
import type { Draft, Payment } from './flow.ts';
import type { Lookup } from './lookup.ts';
import { memoMax, readMemo } from './memo.ts';
import { type Payee, readPayee } from './payee.ts';

/** What a draft is judged by. */
export interface Facts {
  readonly accounts: readonly Account[];
  readonly lookup: Lookup;
  /** The draft's amount; undefined where it is no amount of the currency. */
  readonly amountMinor: bigint | undefined;
  /** Whether the balances are live. Money that is missing on a stale screen may have come since: a warning, no problem. */
  readonly live: boolean;
}

/** What stands in the way of a review, by field. */
export interface Problems {
  from?: 'none' | 'frozen';
  payee?: 'missing' | 'incomplete' | 'same' | 'currency' | 'unresolved' | 'not_found' | Wrong;
  amount?: 'missing' | 'malformed' | 'zero' | 'insufficient';
  memo?: 'too_long' | 'unsendable';
}

/** What is wrong with a payee's number or name itself. */
export type Wrong = Extract<Payee, { kind: 'wrong' }>['why'] | 'elsewhere';

/** A draft, read: the payment that it makes, or what is in the way. */
export interface Checked {
  readonly from: Account | undefined;
  readonly problems: Problems;
  /** More than what was available when last heard. */
  readonly insufficient: boolean;
  readonly payment: Payment | undefined;
}

/** Reads a draft. */
export function check(draft: Draft, facts: Facts): Checked {
  const { accounts, amountMinor } = facts;
  const problems: Problems = {};
  const from = accounts.find((account) => account.clabe === draft.from);
  if (from === undefined) problems.from = 'none';
  else if (from.status === AccountStatus.FROZEN) problems.from = 'frozen';

  const to = draft.mode === 'own' ? readOwn(draft.to, accounts) : readOther(draft.payee, facts);
  if ('problem' in to) problems.payee = to.problem;
  else if (to.clabe === draft.from) problems.payee = 'same';
  else if (from !== undefined && to.currency !== from.currency) problems.payee = 'currency';

  const insufficient = from !== undefined && amountMinor !== undefined && amountMinor > from.availableMinor;
  if (draft.amount.trim() === '') problems.amount = 'missing';
  else if (amountMinor === undefined) problems.amount = 'malformed';
  else if (amountMinor <= 0n) problems.amount = 'zero';
  else if (insufficient && facts.live) problems.amount = 'insufficient';

  const memo = readMemo(draft.memo);
  if (memo.unsendable) problems.memo = 'unsendable';
  else if (memo.length > memoMax) problems.memo = 'too_long';

  const whole = Object.keys(problems).length === 0 && from !== undefined && amountMinor !== undefined && 'clabe' in to;
  const payment = whole
    ? {
        from: draft.from,
        to: to.clabe,
        amountMinor,
        currency: from.currency,
        memo: memo.text,
        payeeName: to.name,
        username: to.username,
        own: to.own,
      }
    : undefined;
  return { from, problems, insufficient, payment };
}

type To =
  | { readonly problem: NonNullable<Problems['payee']> }
  | { readonly clabe: string; readonly currency: string; readonly name: string; readonly username: string | undefined; readonly own: boolean };

function readOwn(clabe: string, accounts: readonly Account[]): To {
  const account = accounts.find((one) => one.clabe === clabe);
  if (account === undefined) return { problem: 'missing' };
  return { clabe, currency: account.currency, name: account.name, username: undefined, own: true };
}

function readOther(text: string, facts: Facts): To {
  const typed = readPayee(text, facts.accounts.map((account) => account.clabe));
  switch (typed.kind) {
    case 'empty':
      return { problem: 'missing' };
    case 'typing':
      return { problem: 'incomplete' };
    case 'wrong':
      return { problem: typed.why };
    case 'elsewhere':
      return { problem: 'elsewhere' };
    case 'own':
      return readOwn(typed.clabe, facts.accounts);
  }
  const { lookup } = facts;
  if (lookup.kind === 'not_found') return { problem: 'not_found' };
  if (lookup.kind !== 'found') return { problem: 'unresolved' };
  // An answer to what stood there before is no answer.
  const asked = typed.kind === 'clabe' ? lookup.payee.clabe === typed.clabe : lookup.username === typed.username;
  if (!asked) return { problem: 'unresolved' };
  const { clabe, currency, maskedName } = lookup.payee;
  const mine = facts.accounts.find((account) => account.clabe === clabe); // one's own @username
  if (mine !== undefined) return readOwn(clabe, facts.accounts);
  return { clabe, currency, name: maskedName, username: lookup.username, own: false };
}

/**
 * Of these orders those that may be the same payment, given already: to the same account, of the same amount, and not
 * refused.
 */
export function twins(payment: Payment, orders: readonly Order[]): Order[] {
  return orders.filter(
    ({ state, command }) =>
      state !== 'refused' &&
      command.kind === 'transfer' &&
      command.to === payment.to &&
      command.amountMinor === payment.amountMinor &&
      command.currency === payment.currency,
  );
}
