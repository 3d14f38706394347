import type { RefObject } from 'preact';
import { explain } from '../../errors.ts';
import { money } from '../../format.ts';
import { Amount, Button, CopyButton, Link, Time } from '../../ui/index.ts';
import { OutcomeCard } from '../orders/outcome-card.tsx';
import type { Desk } from './desk.ts';
import { Fact, Facts } from './facts.tsx';
import type { Flow, Outcome as State } from './flow.ts';
import { t } from './text.ts';
import { advice } from './words.ts';

type Ordered = Extract<Flow, { step: 'ordered' }>;

interface OutcomeProps {
  desk: Desk;
  flow: Ordered;
  heading: RefObject<HTMLHeadingElement | null>;
  /** Leaves for the form: with what was entered where nothing moved, else empty. */
  onForm: () => void;
}

/** What has become of the order, as far as anybody knows; it settles before the person's eyes. */
export function Outcome({ desk, flow, heading, onForm }: OutcomeProps) {
  const { outcome, payment } = flow;
  const standing = outcome.kind === 'failed' ? 'refused' : outcome.kind;
  return (
    <OutcomeCard standing={standing} heading={heading} title={title(flow)} actions={<Actions flow={flow} onForm={onForm} />}>
      <Told desk={desk} outcome={outcome} />
      <Facts>
        {outcome.kind !== 'done' && (
          <Fact name={t.amount}>
            <Amount amountMinor={payment.amountMinor} currency={payment.currency} />
          </Fact>
        )}
        <Fact name={t.payee}>
          {payment.payeeName} <span class="fact-quiet figures">··{payment.to.slice(-4)}</span>
        </Fact>
        {payment.memo !== '' && <Fact name={t.memo}>{payment.memo}</Fact>}
        {outcome.kind === 'done' && outcome.receipt !== undefined && (
          <>
            <Fact name={t.at}>
              <Time us={outcome.receipt.atUs} show="day" />, <Time us={outcome.receipt.atUs} />
            </Fact>
            <Fact name={t.balance}>
              <Amount amountMinor={outcome.receipt.balanceMinor} currency={outcome.receipt.currency} />
            </Fact>
          </>
        )}
        {outcome.kind === 'unknown' && (
          <Fact name={t.key}>
            <span class="order-key">{flow.key}</span> <CopyButton iconOnly small text={flow.key} label={t.keyCopy} />
          </Fact>
        )}
      </Facts>
    </OutcomeCard>
  );
}

function title({ outcome, payment }: Ordered): string {
  const amount = money(payment.amountMinor, payment.currency);
  switch (outcome.kind) {
    case 'sending':
      return t.sending(amount);
    case 'unknown':
      return t.unknown;
    case 'done':
      return payment.own ? t.doneOwn(amount) : t.done(amount);
    case 'refused':
      return t.refused;
    case 'failed':
      return t.failed;
  }
}

function Told({ desk, outcome }: { desk: Desk; outcome: State }) {
  switch (outcome.kind) {
    case 'sending':
      return <p class="outcome-told">{desk.live.value ? t.sendingMore : t.sendingOffline}</p>;
    case 'unknown':
      return (
        <div class="outcome-told">
          <p>{desk.live.value ? t.unknownLive : t.unknownMore}</p>
          <p>
            <strong>{desk.live.value ? t.unknownWait : t.unknownAgain}</strong>
          </p>
        </div>
      );
    case 'done':
      return null;
    case 'refused':
      return (
        <div class="outcome-told">
          <p>
            <strong>{outcome.error === undefined ? t.nothingMoved : explain(outcome.error)}</strong>
          </p>
          <p>{advice(outcome.error)}</p>
        </div>
      );
    case 'failed':
      return (
        <div class="outcome-told">
          <p>
            <strong>{t.failedMore}</strong>
          </p>
          <p>{explain(outcome.error)}</p>
        </div>
      );
  }
}

function Actions({ flow: { outcome, payment }, onForm }: { flow: Ordered; onForm: () => void }) {
  switch (outcome.kind) {
    case 'sending':
    case 'unknown':
      return (
        <Link button="quiet" class="button-wide" to="/">
          {t.toAccounts}
        </Link>
      );
    case 'done':
      return (
        <>
          {outcome.receipt !== undefined && (
            <Link button="primary" class="button-wide" to={`/movements/${payment.from}/${outcome.receipt.seq}`}>
              {t.seeReceipt}
            </Link>
          )}
          <Button wide onClick={onForm} data-testid="send-another">
            {t.another}
          </Button>
        </>
      );
    case 'refused':
    case 'failed':
      return (
        <Button kind="primary" icon="edit" wide onClick={onForm} data-testid="send-edit">
          {t.edit}
        </Button>
      );
  }
}
