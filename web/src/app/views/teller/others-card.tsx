import { settled } from '../../../caudal/index.ts';
import { Amount, Button, Card, classes } from '../../ui/index.ts';
import type { CashOrder, Desk } from './desk.ts';
import { t } from './text.ts';

/** Orders that nobody has looked at since they were given: a reload came between, or the next customer. */
export function OthersCard({ desk }: { desk: Desk }) {
  const orders = desk.others.value;
  if (orders.length === 0) {
    return null;
  }
  return (
    <Card title={t.others} class="others" data-testid="cash-others">
      <p class="card-lead">{t.othersText}</p>
      <ul class="others-list">
        {orders.map((order) => (
          <OtherOrder key={order.key} desk={desk} order={order} />
        ))}
      </ul>
    </Card>
  );
}

function OtherOrder({ desk, order }: { desk: Desk; order: CashOrder }) {
  const { kind, amountMinor, currency, holder, account } = order.command;
  return (
    <li class="other">
      <p class="other-what">
        <span>
          {kind === 'deposit' ? t.deposit : t.withdraw} <Amount amountMinor={amountMinor} currency={currency} />
        </span>
        <span class="muted">
          {holder} <span class="figures">··{account.slice(-4)}</span>
        </span>
      </p>
      <span class={classes('cash-state', `cash-${order.state}`)}>{stateName(order.state)}</span>
      <span class="other-actions">
        <Button small onClick={() => desk.move({ kind: 'show', key: order.key })}>
          {t.see}
        </Button>
        {settled(order) && <Button small icon="close" aria-label={t.dismiss} title={t.dismiss} onClick={() => void desk.dismiss(order.key)} />}
      </span>
    </li>
  );
}

function stateName(state: CashOrder['state']): string {
  switch (state) {
    case 'sending':
      return t.stateSending;
    case 'unknown':
      return t.stateUnknown;
    case 'done':
      return t.stateDone;
    case 'refused':
      return t.stateRefused;
  }
}
