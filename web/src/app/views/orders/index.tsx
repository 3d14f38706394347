import { useEffect, useState } from 'preact/hooks';
import { type Order, settled } from '../../../caudal/index.ts';
import { announce, toast } from '../../announce.ts';
import { useBank } from '../../bank.ts';
import { route, type ViewName } from '../../router.ts';
import { Button } from '../../ui/index.ts';
import { placeOf } from '../send/place.ts';
import { Details } from './details.tsx';
import { Item } from './item.tsx';
import { oldOrders, stripOrders, untilChangeMs } from './strip.ts';
import { t } from './text.ts';
import { watchOf } from './watch.ts';
import { said } from './words.ts';

/** How many are shown before somebody asks for all. */
const shownMax = 3;

/** Says what became of orders, on whatever page the person is. */
function tell(changed: readonly Order[]): void {
  const words = said(changed);
  if (words !== undefined) announce(words);
}

/**
 * The orders that are under way, were refused, or were carried out just now: on every page of whoever is signed in, but for
 * the order whose own page is open. This is also what says aloud how orders end.
 */
export function OrdersStrip() {
  const bank = useBank();
  const { log } = watchOf(bank.client, tell);
  const [detailed, setDetailed] = useState<string>();
  const [all, setAll] = useState(false);
  const nowMs = useStripClock(bank.orders.value);
  const open = openOrder();
  const orders = stripOrders(ordersOf(bank.orders.value, route.value.view), nowMs, open);
  const shown = all ? orders : orders.slice(0, shownMax);
  const inDialog = bank.orders.value.find(({ key }) => key === detailed);
  const live = bank.freshness.value.kind === 'live';

  const dismiss = (key: string) => {
    bank.client.dismissOrder(key).catch(() => toast({ tone: 'danger', text: t.dismissFailed }));
  };
  useEffect(() => {
    for (const { key } of oldOrders(bank.orders.value, nowMs)) bank.client.dismissOrder(key).catch(() => undefined);
  }, [bank, nowMs]);

  // Whoever leaves an order's own page has read how it ended.
  useEffect(
    () => () => {
      const left = bank.client.orders.find(({ key }) => key === open);
      if (left !== undefined && settled(left)) bank.client.dismissOrder(left.key).catch(() => undefined);
    },
    [bank, open],
  );

  return (
    <>
      {orders.length > 0 && (
        <section class="orders" aria-label={t.region} data-testid="orders">
          <ul>
            {shown.map((order) => (
              <Item
                key={order.key}
                order={order}
                live={live}
                onDetails={() => setDetailed(order.key)}
                {...(order.state === 'done' || order.state === 'refused' ? { onDismiss: () => dismiss(order.key) } : {})}
              />
            ))}
          </ul>
          {orders.length > shownMax && (
            <Button small aria-expanded={all} onClick={() => setAll(!all)}>
              {all ? t.fewer : t.more(orders.length - shownMax)}
            </Button>
          )}
        </section>
      )}
      {inDialog !== undefined && <Details order={inDialog} log={log} onClose={() => setDetailed(undefined)} />}
    </>
  );
}

/** The counter shows a teller's orders itself. */
function ordersOf(orders: readonly Order[], view: ViewName): readonly Order[] {
  return view === 'teller' ? orders.filter(({ command }) => command.kind !== 'deposit' && command.kind !== 'withdraw') : orders;
}

/** The key of the order whose own page is open. */
function openOrder(): string | undefined {
  const { parts } = route.value;
  const place = parts[0] === 'send' || parts[0] === 'open' ? placeOf(parts) : undefined;
  return place?.kind === 'order' ? place.key : undefined;
}

/** The time, as of when it last changed what the strip shows: there is nothing to redraw in between. */
function useStripClock(orders: readonly Order[]): number {
  const { client } = useBank();
  const [nowMs, setNowMs] = useState(() => client.serverNowMs());
  useEffect(() => {
    const waitMs = untilChangeMs(orders, client.serverNowMs());
    if (waitMs === undefined) return undefined;
    const timer = setTimeout(() => setNowMs(client.serverNowMs()), Math.ceil(waitMs));
    return () => clearTimeout(timer);
  }, [orders, nowMs]);
  // The orders are newer than the last wake-up.
  return orders.length === 0 ? nowMs : Math.max(nowMs, client.serverNowMs());
}
