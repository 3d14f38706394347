import type { Order, OrderState } from '../../../caudal/index.ts';
import { Button, classes, Icon, type IconName } from '../../ui/index.ts';
import { t } from './text.ts';
import { standing, subject } from './words.ts';

const icons: Readonly<Record<OrderState, IconName>> = { sending: 'send', unknown: 'clock', done: 'check', refused: 'close' };

interface ItemProps {
  order: Order;
  live: boolean;
  onDetails: () => void;
  /** Only what is settled can be put away. */
  onDismiss?: () => void;
}

/** One order in the strip. */
export function Item({ order, live, onDetails, onDismiss }: ItemProps) {
  const what = subject(order);
  return (
    <li class={classes('order', `order-${order.state}`)} data-testid="order" data-state={order.state}>
      <span class="order-mark">
        <Icon key={order.state} name={icons[order.state]} />
      </span>
      <div class="order-words">
        <p class="order-subject">{what}</p>
        <p class="order-standing">{standing(order, live)}</p>
      </div>
      <div class="order-actions">
        <Button small aria-label={t.detailsOf(what)} onClick={onDetails}>
          {t.details}
        </Button>
        {onDismiss !== undefined && <Button small icon="close" aria-label={t.dismissOf(what)} title={t.dismiss} onClick={onDismiss} />}
      </div>
    </li>
  );
}
