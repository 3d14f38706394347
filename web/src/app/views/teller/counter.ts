import type { Account, Holder } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import type { Way } from './limits.ts';

/** What is being done for one customer at the counter, and how far it is. */
export type Counter =
  | { step: 'search' }
  | { step: 'account'; holder: Holder }
  | { step: 'amount'; holder: Holder; account: Account; draft: Draft }
  | { step: 'review'; holder: Holder; account: Account; draft: Draft; amountMinor: bigint }
  | { step: 'order'; holder: Holder; account: Account; key: string };

/** What was typed into the form, as it was typed. */
export interface Draft {
  way: Way;
  amount: string;
  memo: string;
}

/** What moves the counter on. */
export type Move =
  | { kind: 'choose_holder'; holder: Holder }
  | { kind: 'choose_account'; account: Account }
  | { kind: 'draft'; draft: Draft }
  | { kind: 'review'; amountMinor: bigint }
  | { kind: 'ordered'; key: string }
  | { kind: 'same_customer'; account: Account } // another operation, the account as it is since
  | { kind: 'back' }
  | { kind: 'next_customer' };

export const start: Counter = { step: 'search' };

const blank: Draft = { way: 'deposit', amount: '', memo: '' };

/** move returns where a move leads; one that makes no sense where the counter stands leads nowhere. */
export function move(at: Counter, m: Move): Counter {
  switch (m.kind) {
    case 'next_customer':
      return start;
    case 'choose_holder':
      return chosen(m.holder);
    case 'choose_account':
      return at.step === 'account' ? { step: 'amount', holder: at.holder, account: m.account, draft: blank } : at;
    case 'draft':
      return at.step === 'amount' ? { ...at, draft: m.draft } : at;
    case 'review':
      return at.step === 'amount' ? { ...at, step: 'review', amountMinor: m.amountMinor } : at;
    case 'ordered':
      return at.step === 'review' ? { step: 'order', holder: at.holder, account: at.account, key: m.key } : at;
    case 'same_customer':
      return at.step === 'order' ? chosen(withAccount(at.holder, m.account)) : at;
    case 'back':
      return back(at);
  }
}

/** Whoever has one account need not be asked which. */
function chosen(holder: Holder): Counter {
  const [only, ...others] = holder.accounts;
  return only && others.length === 0
    ? { step: 'amount', holder, account: only, draft: blank }
    : { step: 'account', holder };
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
      return at.holder.accounts.length > 1 ? { step: 'account', holder: at.holder } : start;
    case 'review':
      return { step: 'amount', holder: at.holder, account: at.account, draft: at.draft };
  }
}

/** withAccount returns the holder with one account as it is since. */
export function withAccount(holder: Holder, account: Account): Holder {
  return { ...holder, accounts: holder.accounts.map((a) => (a.clabe === account.clabe ? account : a)) };
}
