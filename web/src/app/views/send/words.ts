import type { BankError } from '../../../caudal/index.ts';
import { clabeDigits } from '../../../caudal/clabe.ts';
import { money } from '../../format.ts';
import type { Checked, Problems } from './check.ts';
import type { Lookup } from './lookup.ts';
import { readMemo, memoMax } from './memo.ts';
import type { Payee } from './payee.ts';
import { t } from './text.ts';

/** Which problems of a field are shown: those that can be seen while typing, or also what is only not there yet. */
export type Strictness = 'typing' | 'left' | 'submitted';

/** What is wrong with the payee, in words; undefined where nothing is, or nothing to say yet. */
export function payeeError(problem: Problems['payee'], typed: Payee, lookup: Lookup, strict: Strictness): string | undefined {
  switch (problem) {
    case 'check_digit':
      return t.payeeCheckDigit;
    case 'too_long':
      return t.payeeTooLong;
    case 'elsewhere':
      return typed.kind === 'elsewhere' && typed.bank !== undefined ? t.payeeElsewhereAt(typed.bank) : t.payeeElsewhere;
    case 'same':
      return t.payeeSame;
    case 'currency':
      return t.payeeCurrency;
    case 'not_found':
      return typed.kind === 'username' ? t.payeeNoUser(typed.username) : t.payeeNotFound;
    case 'username':
      return strict === 'typing' ? undefined : t.payeeUsername;
    case 'incomplete':
      return strict === 'typing' || typed.kind !== 'typing' ? undefined : t.payeeIncomplete(clabeDigits - typed.digits.length);
    case 'missing':
      return strict === 'submitted' ? t.payeeMissing : undefined;
    case 'unresolved':
      return strict === 'submitted' && lookup.kind === 'failed' ? t.lookupFailed : undefined;
    case undefined:
      return undefined;
  }
}

/** What the payee field says while nothing is wrong: whose bank it is, and how much of a CLABE is still to come. */
export function payeeHint(typed: Payee): string {
  if (typed.kind !== 'typing') return t.payeeHint;
  const left = clabeDigits - typed.digits.length;
  return typed.bank === undefined ? t.digitsLeft(left) : t.digitsLeftAt(typed.bank, left);
}

/** What is wrong with the amount. That money is missing is said at once while the balance is live. */
export function amountError({ problems, from }: Checked, strict: Strictness): string | undefined {
  switch (problems.amount) {
    case 'insufficient':
      return from === undefined ? undefined : t.insufficient(money(from.availableMinor, from.currency));
    case 'malformed':
      return strict === 'typing' ? undefined : t.amountMalformed;
    case 'zero':
      return strict === 'typing' ? undefined : t.amountZero;
    case 'missing':
      return strict === 'submitted' ? t.amountMissing : undefined;
    default:
      return undefined;
  }
}

/** What the amount field says while nothing is wrong: what there is to send, and how sure that is. */
export function amountHint({ from, insufficient }: Checked, live: boolean): string {
  if (from === undefined) return '';
  const available = money(from.availableMinor, from.currency);
  if (live) return t.available(available);
  return insufficient ? t.insufficientOld(available) : t.availableOld(available);
}

/** What is wrong with the memo. */
export function memoError(problem: Problems['memo'], typed: string): string | undefined {
  if (problem === 'too_long') return t.memoTooLong(readMemo(typed).length - memoMax);
  return problem === 'unsendable' ? t.memoUnsendable : undefined;
}

/** What somebody can try after the bank refused an order; undefined where there is nothing but to edit it. */
export function advice(error: BankError | undefined): string | undefined {
  switch (error?.name_) {
    case 'insufficient_funds':
      return t.tryInsufficient;
    case 'account_frozen':
      return t.tryPayeeFrozen;
    case 'not_found':
      return t.tryNotFound;
    case 'limit_exceeded':
      return t.tryLimit;
    case 'key_stale':
      return t.tryStale;
    default:
      return undefined;
  }
}
