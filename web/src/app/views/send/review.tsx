import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type Account, AccountStatus, settled } from '../../../caudal/index.ts';
import { useBank } from '../../bank.ts';
import { money } from '../../format.ts';
import { go } from '../../router.ts';
import { Amount, Banner, Button, classes, groupClabe, longAmount } from '../../ui/index.ts';
import { Avatar } from './avatar.tsx';
import type { Desk } from './desk.ts';
import { Fact, Facts } from './facts.tsx';
import type { Payment } from './flow.ts';
import { t } from './text.ts';

/** The second tap of two that were meant for the form is no yes to a review that nobody can have read, nor a way back. */
const readMs = 500;

interface ReviewProps {
  desk: Desk;
  payment: Payment;
  insist: boolean;
  heading: RefObject<HTMLHeadingElement | null>;
  /** Goes back to the form, as it was. */
  onForm: () => void;
}

/** Exactly what will happen, and the one button that makes it happen. Escape goes back to the form. */
export function Review({ desk, payment, insist, heading, onForm }: ReviewProps) {
  const shownAt = useRef(performance.now());
  const unread = useRef(false);
  const twins = desk.twins.value;
  const live = desk.live.value;
  const account = useBank().accounts.value.find(({ clabe }) => clabe === payment.from);
  const short = account !== undefined && payment.amountMinor > account.availableMinor;
  const frozen = account?.status === AccountStatus.FROZEN;
  const amount = money(payment.amountMinor, payment.currency);
  const confirm = () => {
    const key = desk.confirm();
    if (key !== undefined) go(`/send/${key}`, { replace: true });
  };
  useEffect(() => {
    const escape = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented && document.querySelector('dialog[open]') === null) onForm();
    };
    document.addEventListener('keydown', escape);
    return () => document.removeEventListener('keydown', escape);
  }, [onForm]);

  return (
    <form
      class="card send-review"
      data-testid="send-review"
      onPointerDownCapture={({ timeStamp, pointerType }) => {
        unread.current = timeStamp - shownAt.current < (pointerType === 'touch' ? readMs : 0);
      }}
      onClickCapture={(event) => {
        if (event.detail <= 1 && !unread.current) return;
        unread.current = false;
        event.preventDefault();
        event.stopPropagation();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        confirm();
      }}
    >
      <h1 class="card-title" ref={heading} tabIndex={-1}>
        {t.reviewTitle}
      </h1>
      <div class="send-what">
        <Amount class={classes('send-amount', amount.length > longAmount && 'send-amount-long')} amountMinor={payment.amountMinor} currency={payment.currency} />
        <div class="send-whom">
          <Avatar name={payment.payeeName} />
          <p class="payee-name">{payment.payeeName === '' ? t.noName : payment.payeeName}</p>
        </div>
      </div>
      <ReviewFacts payment={payment} account={account} live={live} />
      {twins.length > 0 && <Twin open={twins.some((order) => !settled(order))} insist={insist} onInsist={(yes) => desk.insist(yes)} />}
      {frozen && <Banner tone="caution">{t.frozen}</Banner>}
      {live && short && <Banner tone="caution">{t.short}</Banner>}
      {!live && <Banner tone="caution">{t.waitLive}</Banner>}
      <div class="send-actions">
        <Button
          kind="primary"
          type="submit"
          wide
          disabled={!live || frozen || (twins.length > 0 && !insist)}
          data-testid="send-confirm"
        >
          {payment.own ? t.moveAmount(amount) : t.sendAmount(amount)}
        </Button>
        <Button wide icon="edit" onClick={onForm}>
          {t.edit}
        </Button>
      </div>
    </form>
  );
}

/** Asks whether somebody means the same payment a second time. `open`: the first is not settled. */
function Twin({ open, insist, onInsist }: { open: boolean; insist: boolean; onInsist: (insist: boolean) => void }) {
  return (
    <Banner tone="caution" title={open ? t.twin : t.twinDone}>
      <p>{open ? t.twinMore : t.twinDoneMore}</p>
      <label class="send-insist">
        <input type="checkbox" checked={insist} onChange={(event) => onInsist(event.currentTarget.checked)} />
        <span>{t.twinInsist}</span>
      </label>
    </Banner>
  );
}

function ReviewFacts({ payment, account, live }: { payment: Payment; account: Account | undefined; live: boolean }) {
  return (
    <Facts>
      <Fact name={t.toClabe} {...(payment.username === undefined ? {} : { note: t.byUsername(payment.username) })}>
        <span class="figures">{groupClabe(payment.to)}</span>
      </Fact>
      <Fact name={t.from}>
        {account?.name} <span class="fact-quiet figures">··{payment.from.slice(-4)}</span>
      </Fact>
      {payment.memo !== '' && <Fact name={t.memo}>{payment.memo}</Fact>}
      {account !== undefined && (
        <Fact name={t.balanceAfter} note={live ? t.estimated : t.estimatedOld}>
          ≈ <Amount amountMinor={account.balanceMinor - payment.amountMinor} currency={payment.currency} />
        </Fact>
      )}
    </Facts>
  );
}
