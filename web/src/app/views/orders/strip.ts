import type { Order } from '../../../caudal/index.ts';

/** How long an order that was carried out is still news. Its movement stays in the account for ever. */
export const newsMs = 60_000;

/** How long an order may be under way before the strip speaks of it: most are settled sooner, and would only flicker. */
export const quickMs = 1_500;

/**
 * The orders that the strip shows: what is under way or was refused, and what was done just now. What asks for a person's
 * attention stands first (unknown, refused, sending, done), the newest before the others. `shownElsewhere` is the key of
 * the order whose own page is open.
 */
export function stripOrders(orders: readonly Order[], nowMs: number, shownElsewhere?: string): Order[] {
  return orders
    .filter((order) => order.key !== shownElsewhere && !isOld(order, nowMs) && !isQuick(order, nowMs))
    .sort((a, b) => urgency[a.state] - urgency[b.state] || b.createdAtMs - a.createdAtMs);
}

/** Orders that were carried out and are news no more: to be dismissed without asking anybody. */
export function oldOrders(orders: readonly Order[], nowMs: number): Order[] {
  return orders.filter((order) => isOld(order, nowMs));
}

/** Milliseconds until time alone changes what the strip shows; undefined where it will not. */
export function untilChangeMs(orders: readonly Order[], nowMs: number): number | undefined {
  const waits = orders.flatMap((order) => {
    if (order.state === 'done') return isOld(order, nowMs) ? [] : [settledMs(order) + newsMs - nowMs];
    return isQuick(order, nowMs) ? [order.createdAtMs + quickMs - nowMs] : [];
  });
  return waits.length === 0 ? undefined : Math.min(...waits);
}

const urgency: Readonly<Record<Order['state'], number>> = { unknown: 0, refused: 1, sending: 2, done: 3 };

function isOld(order: Order, nowMs: number): boolean {
  return order.state === 'done' && nowMs - settledMs(order) >= newsMs;
}

function isQuick(order: Order, nowMs: number): boolean {
  return (order.state === 'sending' || order.state === 'unknown') && nowMs - order.createdAtMs < quickMs;
}

function settledMs(order: Order): number {
  return order.settledAtMs ?? order.createdAtMs;
}
