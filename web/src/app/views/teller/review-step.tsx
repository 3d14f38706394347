import { useEffect, useRef } from 'preact/hooks';
import { explain } from '../../errors.ts';
import { money, time } from '../../format.ts';
import { Amount, Banner, Button, groupClabe } from '../../ui/index.ts';
import type { Review } from './counter.ts';
import { microseconds } from './customer-head.tsx';
import type { Desk } from './desk.ts';
import { balanceAfter } from './limits.ts';
import { byKeyboard } from './pointer.ts';
import { t } from './text.ts';

/** The last look before the order: whose account, how much, and what it leaves. */
export function ReviewStep({ desk, at }: { desk: Desk; at: Review }) {
  const { customer, account, draft, amountMinor } = at;
  const confirm = useRef<HTMLButtonElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => (byKeyboard() ? confirm : heading).current?.focus(), []);
  const deposit = draft.way === 'deposit';
  const amount = money(amountMinor, account.currency);
  const live = desk.live.value;
  return (
    <div
      class="stack"
      onKeyDown={(event) => {
        // The Enter that led here, still held down, confirms nothing.
        if (event.key === 'Enter' && event.repeat) {
          event.preventDefault();
        }
      }}
    >
      <h2 class="review-title" tabIndex={-1} ref={heading}>{deposit ? t.reviewDeposit(amount) : t.reviewWithdraw(amount)}</h2>
      <dl class="review-facts">
        <div>
          <dt>{t.holder}</dt>
          <dd>
            <strong>{customer.holder.owner}</strong> <span class="muted">@{customer.holder.username}</span>
          </dd>
        </div>
        <div>
          <dt>{t.account}</dt>
          <dd>
            {account.name} <span class="figures muted">{groupClabe(account.clabe)}</span>
          </dd>
        </div>
        <div>
          <dt>{t.memo}</dt>
          <dd>{draft.memo.trim() === '' ? <span class="muted">{t.noMemo}</span> : draft.memo}</dd>
        </div>
        <div>
          <dt>{t.balanceNow}</dt>
          <dd>
            <Amount amountMinor={account.balanceMinor} currency={account.currency} />
          </dd>
        </div>
        <div>
          <dt>{t.after}</dt>
          <dd>
            <Amount amountMinor={balanceAfter(draft.way, amountMinor, account)} currency={account.currency} class="counter-after-amount" />
          </dd>
        </div>
      </dl>
      <p class="muted card-note">{t.afterHint(time(microseconds(customer.asOfMs)))}</p>
      {desk.twins.value > 0 && <Banner tone="danger">{t.twins}</Banner>}
      {at.problem !== undefined && (
        <Banner tone="danger" role="alert" title={t.notOrdered}>
          {explain(at.problem)}
        </Banner>
      )}
      {live ? <Banner icon="teller">{deposit ? t.reviewCashIn : t.reviewCashOut}</Banner> : <Banner tone="caution">{t.offline}</Banner>}
      <div class="counter-actions">
        <Button onClick={() => desk.move({ kind: 'back' })}>{t.back}</Button>
        <Button kind="primary" disabled={!live} buttonRef={confirm} onClick={() => desk.confirm()} data-testid="cash-confirm">
          {deposit ? t.confirmDeposit : t.confirmWithdraw}
        </Button>
      </div>
    </div>
  );
}
