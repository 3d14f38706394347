import type { Order, OrderState } from '../../../caudal/index.ts';
import { classes, Icon, type IconName } from '../../ui/index.ts';
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

/** One order in the strip: a press on what it is opens its details. */
export function Item({ order, live, onDetails, onDismiss }: ItemProps) {
  const what = subject(order);
  return (
    <li class={classes('order', `order-${order.state}`)} data-testid="order" data-state={order.state}>
      <button type="button" class="order-open" aria-haspopup="dialog" onClick={onDetails}>
        <span class="order-mark">
          <Icon key={order.state} name={icons[order.state]} />
        </span>
        <span class="order-words">
          <span class="order-subject">{what}</span>
          <span class="order-standing">{standing(order, live)}</span>
        </span>
        <Icon name="chevron" class="order-more" />
      </button>
      {onDismiss !== undefined && (
        <button
          type="button"
          class="order-dismiss"
          aria-label={t.dismissOf(what)}
          title={t.dismiss}
          onClick={(event) => {
            focusBeside(event.currentTarget);
            onDismiss();
          }}
        >
          <Icon name="close" />
        </button>
      )}
    </li>
  );
}

/** Moves the focus from an order that is about to go to one beside it, or to the page: never to nowhere. */
function focusBeside(button: HTMLElement): void {
  const item = button.closest('li');
  const beside = item?.nextElementSibling ?? item?.previousElementSibling;
  const target = beside?.querySelector<HTMLElement>('.order-open') ?? document.getElementById('main');
  target?.focus({ preventScroll: true });
}
