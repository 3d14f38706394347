import type { Account, Holder, Receipt } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import type { Way } from './limits.ts';

/** A holder as the bank had them at a moment; the moment is of the `Date.now()` clock. */
export interface Customer {
  readonly holder: Holder;
  readonly asOfMs: number;
}

/** What was typed into the form, as it was typed. */
export interface Draft {
  readonly way: Way;
  readonly amount: string;
  readonly memo: string;
}

/** An operation that is ready to be ordered. */
export interface Review {
  readonly step: 'review';
  readonly customer: Customer;
  readonly account: Account;
  readonly draft: Draft;
  readonly amountMinor: bigint;
  /** Why the order could not even be kept to be sent. */
  readonly problem?: unknown;
}

/** What is being done for one customer at the counter, and how far it is. */
export type Counter =
  | { readonly step: 'search' }
  | { readonly step: 'account'; readonly customer: Customer }
  | { readonly step: 'amount'; readonly customer: Customer; readonly account: Account; readonly draft: Draft }
  | Review
  /** `review` is missing of an order that was given before the page was loaded. */
  | { readonly step: 'order'; readonly key: string; readonly review?: Review };

/** What moves the counter on. */
export type Move =
  | { readonly kind: 'choose_holder'; readonly customer: Customer; readonly clabe?: string }
  | { readonly kind: 'choose_account'; readonly account: Account }
  | { readonly kind: 'refresh'; readonly customer: Customer }
  | { readonly kind: 'draft'; readonly draft: Draft }
  | { readonly kind: 'review'; readonly amountMinor: bigint }
  | { readonly kind: 'ordered'; readonly key: string }
  | { readonly kind: 'not_ordered'; readonly key: string; readonly problem: unknown }
  | { readonly kind: 'show'; readonly key: string }
  | { readonly kind: 'correct' } // what was refused
  | { readonly kind: 'same_customer'; readonly receipt: Receipt }
  | { readonly kind: 'back' }
  | { readonly kind: 'next_customer' };

export const start: Counter = { step: 'search' };

const blank: Draft = { way: 'deposit', amount: '', memo: '' };

/** move returns where a move leads; one that makes no sense where the counter stands leads nowhere. */
export function move(at: Counter, m: Move): Counter {
  switch (m.kind) {
    case 'next_customer':
      return start;
    case 'choose_holder':
      return chosen(m.customer, m.clabe);
    case 'choose_account':
      return at.step === 'account' ? amountOf(at.customer, m.account) : at;
    case 'refresh':
      return refreshed(at, m.customer);
    case 'draft':
      return at.step === 'amount' ? { ...at, draft: m.draft } : at;
    case 'review':
      return at.step === 'amount' ? { ...at, step: 'review', amountMinor: m.amountMinor } : at;
    case 'ordered':
      return at.step === 'review' ? { step: 'order', key: m.key, review: at } : at;
    case 'not_ordered':
      return at.step === 'order' && at.key === m.key && at.review ? { ...at.review, problem: m.problem } : at;
    case 'show':
      return at.step === 'order' && at.key === m.key ? at : { step: 'order', key: m.key };
    case 'correct':
      return at.step === 'order' && at.review ? toAmount(at.review) : at;
    case 'same_customer':
      return at.step === 'order' && at.review ? chosen(after(at.review, m.receipt)) : at;
    case 'back':
      return back(at);
  }
}

/** Whoever has one account need not be asked which, and whoever was found by a CLABE neither. */
function chosen(customer: Customer, clabe?: string): Counter {
  const { accounts } = customer.holder;
  const meant = accounts.length === 1 ? accounts[0] : accounts.find((a) => a.clabe === clabe);
  return meant ? amountOf(customer, meant) : { step: 'account', customer };
}

function amountOf(customer: Customer, account: Account): Counter {
  return { step: 'amount', customer, account, draft: blank };
}

function toAmount({ customer, account, draft }: Review): Counter {
  return { step: 'amount', customer, account, draft };
}

/** The customer again, with newer balances; somebody else is not taken for them. */
function refreshed(at: Counter, customer: Customer): Counter {
  if (at.step === 'search' || at.step === 'order' || at.customer.holder.username !== customer.holder.username) {
    return at;
  }
  if (at.step === 'account') {
    return { ...at, customer };
  }
  const account = customer.holder.accounts.find((a) => a.clabe === at.account.clabe);
  return account ? { ...at, customer, account } : chosen(customer);
}

/** An order is not taken back: from there on only forward. */
function back(at: Counter): Counter {
  switch (at.step) {
    case 'search':
    case 'order':
      return at;
    case 'account':
      return start;
    case 'amount':
      return at.customer.holder.accounts.length > 1 ? { step: 'account', customer: at.customer } : start;
    case 'review':
      return toAmount(at);
  }
}

/** The customer with the account as the receipt left it. Holds and overdraft are as they were when the account was read. */
function after({ customer, account }: Review, receipt: Receipt): Customer {
  const since: Account = {
    ...account,
    balanceMinor: receipt.balanceMinor,
    availableMinor: account.availableMinor + receipt.balanceMinor - account.balanceMinor,
    seq: receipt.seq,
  };
  const accounts = customer.holder.accounts.map((a) => (a.clabe === account.clabe ? since : a));
  return { ...customer, holder: { ...customer.holder, accounts } };
}
