import type { BankError, Order, Receipt } from '../../../caudal/index.ts';
import { typedMoney } from '../../format.ts';

/** What a person has entered, as they entered it. */
export interface Draft {
  readonly mode: 'pay' | 'own';
  /** CLABE of the account that pays. */
  readonly from: string;
  /** CLABE or @username of somebody else, as typed; of mode `pay`. */
  readonly payee: string;
  /** CLABE of the holder's account that is paid; of mode `own`. */
  readonly to: string;
  /** The amount as typed. */
  readonly amount: string;
  readonly memo: string;
}

/** What a review shows and an order carries out. The CLABE was resolved once: a username that moves later moves nothing. */
export interface Payment {
  readonly from: string;
  readonly to: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** Normalised: exactly what goes out. */
  readonly memo: string;
  /** The payee's masked name; of an own account, its name. */
  readonly payeeName: string;
  /** What the payee was called by, where it was not by CLABE; without the @. */
  readonly username: string | undefined;
  /** Both accounts are the holder's. */
  readonly own: boolean;
}

/** What has become of an order. */
export type Outcome =
  | { readonly kind: 'sending' }
  /** It may have been carried out: the connection was cut before the answer. The client asks again by itself. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'done'; readonly receipt: Receipt | undefined }
  | { readonly kind: 'refused'; readonly error: BankError | undefined }
  /** It never left this device, nor ever will: it could not even be noted down. */
  | { readonly kind: 'failed'; readonly error: unknown };

/** Where a person stands between an empty form and money moved. */
export type Flow =
  | { readonly step: 'form'; readonly draft: Draft }
  /** `insist`: the person said that they mean the same payment a second time. */
  | { readonly step: 'review'; readonly draft: Draft; readonly payment: Payment; readonly insist: boolean }
  /** `draft` is what "edit" goes back to. */
  | { readonly step: 'ordered'; readonly draft: Draft; readonly payment: Payment; readonly key: string; readonly outcome: Outcome };

/** What happens to a flow. */
export type Happening =
  | { readonly type: 'edit'; readonly change: Partial<Draft> }
  | { readonly type: 'review'; readonly payment: Payment }
  | { readonly type: 'insist'; readonly insist: boolean }
  /** The person means it. `twins` is how many orders may be the same; `key` is the new order's. */
  | { readonly type: 'confirm'; readonly key: string; readonly twins: number }
  /** News of any order of the client. */
  | { readonly type: 'order'; readonly order: Order }
  | { readonly type: 'failed'; readonly key: string; readonly error: unknown }
  /** The order is noted here no more: where it is not settled here, another page has settled it and put it away. */
  | { readonly type: 'gone'; readonly key: string }
  /** The page shows an order that was given earlier, such as before a reload. */
  | { readonly type: 'show'; readonly order: Order; readonly own: boolean }
  /** Back to the form: from a review, and from an order that moved nothing, with what was entered; else with nothing. */
  | { readonly type: 'back' }
  | { readonly type: 'restart'; readonly draft: Draft };

/** A draft with nothing in it. */
export function emptyDraft(mode: Draft['mode'], from: string): Draft {
  return { mode, from, payee: '', to: '', amount: '', memo: '' };
}

/**
 * The flow after what happened; the same object where that changes nothing. What does not fit the step is ignored: a second
 * click on confirm finds no review any more, and an order that is settled stays as it is.
 */
export function next(flow: Flow, happening: Happening): Flow {
  switch (happening.type) {
    case 'edit':
      return flow.step === 'form' ? { step: 'form', draft: { ...flow.draft, ...happening.change } } : flow;
    case 'review':
      return flow.step === 'form' ? { step: 'review', draft: flow.draft, payment: happening.payment, insist: false } : flow;
    case 'insist':
      return flow.step === 'review' && flow.insist !== happening.insist ? { ...flow, insist: happening.insist } : flow;
    case 'confirm':
      if (flow.step !== 'review' || (happening.twins > 0 && !flow.insist)) return flow;
      return { step: 'ordered', draft: flow.draft, payment: flow.payment, key: happening.key, outcome: { kind: 'sending' } };
    case 'order':
      if (flow.step !== 'ordered' || flow.key !== happening.order.key || settled(flow.outcome)) return flow;
      return { ...flow, outcome: outcomeOf(happening.order) };
    case 'failed':
      if (flow.step !== 'ordered' || flow.key !== happening.key || settled(flow.outcome)) return flow;
      return { ...flow, outcome: { kind: 'failed', error: happening.error } };
    case 'gone':
      return flow.step === 'ordered' && flow.key === happening.key && !settled(flow.outcome) ? back(flow) : flow;
    case 'show':
      return show(flow, happening.order, happening.own);
    case 'back':
      return back(flow);
    case 'restart':
      return { step: 'form', draft: happening.draft };
  }
}

/** The outcome that an order's state says. */
export function outcomeOf(order: Order): Outcome {
  switch (order.state) {
    case 'sending':
    case 'unknown':
      return { kind: order.state };
    case 'done':
      return { kind: 'done', receipt: order.receipt };
    case 'refused':
      return { kind: 'refused', error: order.error };
  }
}

/** Whether nothing can change an outcome any more. */
export function settled(outcome: Outcome): boolean {
  return outcome.kind !== 'sending' && outcome.kind !== 'unknown';
}

function show(flow: Flow, order: Order, own: boolean): Flow {
  if (flow.step === 'ordered' && flow.key === order.key) return next(flow, { type: 'order', order });
  const { command } = order;
  if (command.kind !== 'transfer') return flow;
  const { kind: _, payeeName = '', ...rest } = command;
  const payment: Payment = { ...rest, payeeName, username: undefined, own };
  return { step: 'ordered', draft: draftOf(payment), payment, key: order.key, outcome: outcomeOf(order) };
}

function back(flow: Flow): Flow {
  switch (flow.step) {
    case 'form':
      return flow;
    case 'review':
      return { step: 'form', draft: flow.draft };
    case 'ordered': {
      const moved = flow.outcome.kind !== 'refused' && flow.outcome.kind !== 'failed';
      return { step: 'form', draft: moved ? emptyDraft(flow.draft.mode, flow.draft.from) : flow.draft };
    }
  }
}

/** The draft that would make a payment again. */
function draftOf(payment: Payment): Draft {
  return {
    mode: payment.own ? 'own' : 'pay',
    from: payment.from,
    payee: payment.own ? '' : payment.to,
    to: payment.own ? payment.to : '',
    amount: typedMoney(payment.amountMinor, payment.currency),
    memo: payment.memo,
  };
}
