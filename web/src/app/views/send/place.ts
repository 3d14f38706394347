import type { Order } from '../../../caudal/index.ts';
import { type Flow, next } from './flow.ts';

/** Where within Send the address bar is: below `#/send`. */
export type Place =
  | { readonly kind: 'form' }
  | { readonly kind: 'review' }
  /** An order's own page, by its key: what a reload comes back to. */
  | { readonly kind: 'order'; readonly key: string };

/** What is shown at a place, and where else the address bar belongs, if anywhere. */
export interface Arrival {
  readonly flow: Flow;
  readonly goTo?: string;
  /** The place is of an order that this device has no note of (any more). */
  readonly missing?: true;
}

const keys = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Reads the parts of a route that begins with `send` or `open`. */
export function placeOf(parts: readonly string[]): Place {
  const second = parts[1];
  if (second === undefined) return { kind: 'form' };
  return keys.test(second) ? { kind: 'order', key: second } : second === 'review' ? { kind: 'review' } : { kind: 'form' };
}

/**
 * What arriving at a place does: by a link, the back and forward buttons, or a reload. It never gives an order, and a review
 * that is no more (its order was given, or the page was loaded anew) is the form.
 */
export function arrive(flow: Flow, place: Place, orders: readonly Order[], own: readonly string[]): Arrival {
  switch (place.kind) {
    case 'form':
      return { flow: next(flow, { type: 'back' }) };
    case 'review':
      if (flow.step === 'review') return { flow };
      return { flow: next(flow, { type: 'back' }), goTo: '/send' };
    case 'order': {
      if (flow.step === 'ordered' && flow.key === place.key) return { flow };
      const order = orders.find((one) => one.key === place.key);
      if (order === undefined || order.command.kind !== 'transfer') return { flow, missing: true };
      return { flow: next(flow, { type: 'show', order, own: own.includes(order.command.to) }) };
    }
  }
}
