import { useEffect, useRef } from 'preact/hooks';
import type { Account, Leg } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { useBank } from '../../bank.ts';
import { explain } from '../../errors.ts';
import { dateTime, money } from '../../format.ts';
import { Banner, Button, CopyButton, EmptyState, Icon, Link, Mark, Skeleton, classes, groupClabe, longAmount } from '../../ui/index.ts';
import { ChainFact } from './chain-fact.tsx';
import { hex, uuid } from './csv.ts';
import { kindName, otherSide } from './kinds.ts';
import { receiptText } from './receipt-text.ts';
import { t } from './text.ts';
import { useReceipt } from './use-receipt.ts';
import type { ChainCheck } from './verify.ts';

/** One movement as a receipt, by the address of its account and number. */
export function ReceiptView({ account, seq }: { account: Account; seq: bigint }) {
  const sought = useReceipt(account, seq);
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => {
    scrollTo({ top: 0, behavior: 'instant' });
    // Whoever came by a link is led on to the heading; whoever has gone elsewhere while the page loaded stays there.
    const at = document.activeElement;
    if (at === document.body || at?.getAttribute('href') === location.hash) {
      top.current?.querySelector('h1')?.focus({ preventScroll: true });
    }
  }, [account.clabe, seq]);
  useEffect(() => {
    // What was found stands where another heading had the focus, unless the person has gone on.
    if (document.activeElement === document.body) {
      top.current?.querySelector('h1')?.focus({ preventScroll: true });
    }
  }, [sought.kind]);
  return (
    <div class="receipt-view" ref={top}>
      <nav class="receipt-nav no-print" aria-label={t.backToList}>
        <Link to={`/movements/${account.clabe}`} class="receipt-back">
          <Icon name="back" />
          {t.back}
        </Link>
      </nav>
      {sought.kind === 'reading' && (
        <div class="card receipt">
          <h1 class="read" tabIndex={-1}>
            {t.reading}
          </h1>
          <Skeleton figure lines={6} />
        </div>
      )}
      {sought.kind === 'missing' && (
        <>
          <h1 class="read" tabIndex={-1}>
            {t.receipt}
          </h1>
          <EmptyState icon="search" title={t.notFound}>
            {t.notFoundText}
          </EmptyState>
        </>
      )}
      {sought.kind === 'failed' && (
        <>
          <h1 class="read" tabIndex={-1}>
            {t.receipt}
          </h1>
          <Banner
            tone="caution"
            title={t.loadFailed}
            action={
              <Button small icon="retry" onClick={sought.retry}>
                {t.retry}
              </Button>
            }
          >
            {explain(sought.error)}
          </Banner>
        </>
      )}
      {sought.kind === 'found' && <Receipt account={account} leg={sought.found.leg} chain={sought.chain} />}
    </div>
  );
}

interface ReceiptProps {
  account: Account;
  leg: Leg;
  chain: ChainCheck | undefined;
}

function Receipt({ account, leg, chain }: ReceiptProps) {
  const bank = useBank().name;
  const incoming = leg.amountMinor > 0n;
  const amount = money(incoming ? leg.amountMinor : -leg.amountMinor, account.currency);
  return (
    <article class="card receipt" aria-labelledby="receipt-title">
      <div class="receipt-bank">
        <Mark />
        <span>{bank}</span>
        <span class="receipt-kind">{kindName(leg.kind)}</span>
      </div>
      <header class="receipt-head">
        <h1 id="receipt-title" tabIndex={-1}>
          <span class="receipt-verb">{incoming ? t.received : t.sent}</span>{' '}
          <span class={classes('receipt-amount figures', incoming && 'amount-in', amount.length > longAmount && 'receipt-amount-long')}>{amount}</span>
        </h1>
        <p class="muted">{dateTime(leg.atUs)}</p>
      </header>
      <Sides {...{ account, leg, incoming }} />
      <dl class="facts">
        <div>
          <dt>{t.memo}</dt>
          <dd class={leg.memo === '' ? 'muted' : 'receipt-memo'}>
            {leg.memo !== '' ? leg.memo : leg.memoHash.length > 0 ? t.memoErased : t.noMemo}
          </dd>
        </div>
        <div>
          <dt>{t.balanceAfter}</dt>
          <dd class="figures">{money(leg.balanceMinor, account.currency)}</dd>
        </div>
        <div>
          <dt>{t.number}</dt>
          <dd class="figures">{leg.seq.toString()}</dd>
        </div>
        <Code name={t.transferId} text={leg.transferId} copy={t.copyTransferId} />
        {leg.idempotencyKey.length > 0 && <Code name={t.key} text={uuid(leg.idempotencyKey)} copy={t.copyKey} />}
        <Code long name={t.chainHead} text={hex(leg.head)} copy={t.copyHead} />
      </dl>
      <ChainFact seq={leg.seq} chain={chain} />
      <footer class="receipt-actions no-print">
        <CopyButton text={receiptText(bank, account, leg)} label={t.copyAll} />
        <Button onClick={() => print()}>{t.print}</Button>
      </footer>
    </article>
  );
}

function Sides({ account, leg, incoming }: { account: Account; leg: Leg; incoming: boolean }) {
  const owner = useBank().session.value?.owner ?? t.you;
  const own = { name: owner, clabe: account.clabe, note: account.name };
  const other = { name: otherSide(leg), clabe: leg.counterparty, note: undefined };
  return (
    <div class="receipt-sides">
      <Side label={t.payer} {...(incoming ? other : own)} />
      <Icon name="chevron" class="receipt-arrow" />
      <Side label={t.payee} {...(incoming ? own : other)} />
    </div>
  );
}

function Side({ label, name, clabe, note }: { label: string; name: string; clabe: string; note: string | undefined }) {
  return (
    <div class="receipt-side">
      <p class="receipt-label">{label}</p>
      <p class="receipt-name">{name}</p>
      {note !== undefined && <p class="muted">{note}</p>}
      <p class="receipt-clabe">
        <span class="code">{groupClabe(clabe)}</span>
        <span class="no-print">
          <CopyButton small iconOnly text={clabe} label={t.copyClabe} />
        </span>
      </p>
    </div>
  );
}

function Code({ name, text, copy, long }: { name: string; text: string; copy: string; long?: boolean }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={classes('receipt-code', long === true && 'receipt-long')}>
        <span class="code">{text}</span>
        <span class="no-print">
          <CopyButton small iconOnly text={text} label={copy} />
        </span>
      </dd>
    </div>
  );
}
