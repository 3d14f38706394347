import type { Order } from '../../../caudal/index.ts';
import { type Outcome, outcomeOf, settled } from '../send/flow.ts';
import { readMemo } from '../send/memo.ts';

/** The most characters of an account's name; the bank counts the same way. */
export const nameMax = 60;

/** Why a name cannot be an account's. */
export type NameProblem = 'missing' | 'too_long' | 'unsendable';

/** A name as the bank will keep it: normal form C, one space at a time; and what keeps it from being one. */
export function readName(typed: string): { readonly name: string; readonly problem: NameProblem | undefined } {
  const { text, unsendable } = readMemo(typed);
  const name = text.replace(/ +/g, ' ');
  if (name === '') return { name, problem: 'missing' };
  if (unsendable) return { name, problem: 'unsendable' };
  return { name, problem: [...name].length > nameMax ? 'too_long' : undefined };
}

/** Where a person stands between naming an account and having it. */
export type Opening =
  | { readonly step: 'form'; readonly name: string }
  | { readonly step: 'ordered'; readonly name: string; readonly key: string; readonly outcome: Outcome; readonly clabe: string | undefined };

/** What happens to an opening. */
export type OpeningNews =
  | { readonly type: 'edit'; readonly name: string }
  | { readonly type: 'confirm'; readonly key: string; readonly name: string }
  | { readonly type: 'order'; readonly order: Order }
  | { readonly type: 'failed'; readonly key: string; readonly error: unknown }
  /** The order is noted here no more: where it is not settled here, another page has settled it and put it away. */
  | { readonly type: 'gone'; readonly key: string }
  /** The page shows an order that was given earlier, such as before a reload. */
  | { readonly type: 'show'; readonly order: Order }
  /** To the form: with the name where nothing was opened, else with none. */
  | { readonly type: 'back' };

/** The opening after its news; the same object where they change nothing. A second press on the button finds no form. */
export function nextOpening(opening: Opening, news: OpeningNews): Opening {
  switch (news.type) {
    case 'edit':
      return opening.step === 'form' ? { step: 'form', name: news.name } : opening;
    case 'confirm':
      return opening.step === 'form'
        ? { step: 'ordered', name: news.name, key: news.key, outcome: { kind: 'sending' }, clabe: undefined }
        : opening;
    case 'order':
      if (opening.step !== 'ordered' || opening.key !== news.order.key || settled(opening.outcome)) return opening;
      return { ...opening, outcome: outcomeOf(news.order), clabe: news.order.account?.clabe };
    case 'failed':
      if (opening.step !== 'ordered' || opening.key !== news.key || settled(opening.outcome)) return opening;
      return { ...opening, outcome: { kind: 'failed', error: news.error } };
    case 'gone':
      if (opening.step !== 'ordered' || opening.key !== news.key || settled(opening.outcome)) return opening;
      return { step: 'form', name: '' };
    case 'show': {
      const { order } = news;
      if (order.command.kind !== 'open_account') return opening;
      if (opening.step === 'ordered' && opening.key === order.key) return nextOpening(opening, { type: 'order', order });
      return { step: 'ordered', name: order.command.name, key: order.key, outcome: outcomeOf(order), clabe: order.account?.clabe };
    }
    case 'back': {
      if (opening.step === 'form') return opening;
      const nothing = opening.outcome.kind === 'refused' || opening.outcome.kind === 'failed';
      return { step: 'form', name: nothing ? opening.name : '' };
    }
  }
}
