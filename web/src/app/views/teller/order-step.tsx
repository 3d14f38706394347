import { useEffect, useRef } from 'preact/hooks';
import { announce } from '../../announce.ts';
import { money } from '../../format.ts';
import { Banner, Button, CopyButton, groupClabe, Icon, type IconName } from '../../ui/index.ts';
import type { Review } from './counter.ts';
import { commandOf, type CashOrder, type Desk } from './desk.ts';
import { byKeyboard } from './pointer.ts';
import { ReceiptSlip } from './receipt-slip.tsx';
import { refusal } from './refusal.ts';
import { t } from './text.ts';

const icons: Readonly<Record<CashOrder['state'], IconName>> = { sending: 'send', unknown: 'clock', done: 'check', refused: 'close' };

/** What became of an order, as far as anybody knows: it settles before the person's eyes, by its key. */
export function OrderStep({ desk, review }: { desk: Desk; review: Review | undefined }) {
  const order = desk.order.value;
  // For a moment, until the client has noted it, an order is what its review says.
  const command = order?.command ?? (review && commandOf(review));
  const state = order?.state ?? 'sending';
  const heading = useRef<HTMLHeadingElement>(null);
  const next = useRef<HTMLButtonElement>(null);
  const title = command === undefined ? '' : titleOf(state, command);
  useEffect(() => {
    announce(title);
    (state === 'done' && byKeyboard() ? next : heading).current?.focus();
  }, [state]);
  if (command === undefined) {
    return null;
  }
  return (
    <div class={`cash-order cash-${state}`} data-testid="cash-order" data-state={state}>
      <div class="cash-head">
        <span class="cash-mark">
          <Icon key={state} name={icons[state]} />
        </span>
        <h2 tabIndex={-1} ref={heading}>
          {title}
        </h2>
        {state !== 'done' && (
          <p class="muted">
            {command.holder} · <span class="figures">{groupClabe(command.account)}</span>
          </p>
        )}
      </div>
      <Told desk={desk} state={state} order={order} command={command} />
      <Actions desk={desk} state={state} order={order} review={review} next={next} />
    </div>
  );
}

interface PartProps {
  desk: Desk;
  state: CashOrder['state'];
  order: CashOrder | undefined;
}

function Told({ desk, state, order, command }: PartProps & { command: CashOrder['command'] }) {
  const deposit = command.kind === 'deposit';
  switch (state) {
    case 'sending':
      return <p class="cash-told">{desk.live.value ? t.sendingText : t.sendingOffline}</p>;
    case 'unknown':
      return (
        <>
          <Banner tone="caution" title={deposit ? t.unknownCashIn : t.unknownCashOut}>
            {t.unknownText}
          </Banner>
          {order !== undefined && (
            <p class="cash-key">
              <span class="muted">{t.key}</span> <code>{order.key}</code> <CopyButton iconOnly small text={order.key} label={t.copyKey} />
            </p>
          )}
        </>
      );
    case 'done':
      return (
        <>
          {!deposit && <Banner icon="teller">{t.doneCashOut(money(command.amountMinor, command.currency))}</Banner>}
          {order?.receipt !== undefined && <ReceiptSlip receipt={order.receipt} command={command} />}
        </>
      );
    case 'refused':
      return (
        <Banner tone="danger" title={order?.error === undefined ? undefined : refusal(order.error.code)}>
          {t.refusedText}
        </Banner>
      );
  }
}

function Actions({ desk, state, order, review, next }: PartProps & { review: Review | undefined; next: { current: HTMLButtonElement | null } }) {
  const receipt = order?.receipt;
  return (
    <div class="counter-actions">
      {state === 'refused' && review !== undefined && (
        <Button icon="edit" onClick={() => desk.move({ kind: 'correct' })}>
          {t.correct}
        </Button>
      )}
      {receipt !== undefined && (
        <Button icon="download" onClick={() => window.print()}>
          {t.print}
        </Button>
      )}
      {receipt !== undefined && review !== undefined && (
        <Button onClick={() => desk.move({ kind: 'same_customer', receipt })}>{t.sameCustomer(review.customer.holder.owner)}</Button>
      )}
      <Button kind={state === 'done' ? 'primary' : 'quiet'} buttonRef={next} onClick={() => desk.move({ kind: 'next_customer' })} data-testid="next-customer">
        {t.nextCustomer}
      </Button>
    </div>
  );
}

function titleOf(state: CashOrder['state'], { kind, amountMinor, currency }: CashOrder['command']): string {
  const amount = money(amountMinor, currency);
  switch (state) {
    case 'sending':
      return kind === 'deposit' ? t.sendingDeposit(amount) : t.sendingWithdraw(amount);
    case 'unknown':
      return t.unknown;
    case 'done':
      return kind === 'deposit' ? t.doneDeposit : t.doneWithdraw;
    case 'refused':
      return t.refused;
  }
}
