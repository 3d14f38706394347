import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { toast } from '../app/announce.ts';
import type { Bank } from '../app/bank.ts';
import { explain } from '../app/errors.ts';
import { money, time } from '../app/format.ts';
import { movementsOf } from '../app/movements.ts';
import { Amount, Banner, Button, Figure, Skeleton, classes } from '../app/ui/index.ts';
import type { Leg } from '../caudal/index.ts';
import type { Holder } from './holder.ts';
import type { Payments } from './payments.ts';
import { t } from './text.ts';

/** What one press pays, in minor units. */
const amountsMinor = [5_00n, 50_00n, 250_00n];

/** How many movements a side shows. */
const legsMax = 6;

interface HolderPanelProps {
  holder: Holder;
  other: Holder;
  payments: Payments;
  currency: string;
}

/** One of the two: who, how much, what they can pay, and what came and went. */
export function HolderPanel({ holder, other, payments, currency }: HolderPanelProps) {
  const { bank, side, account } = holder;
  const session = bank.session.value;
  const name = session?.owner ?? '';
  return (
    <section class={`card demo-holder demo-${side}`} aria-label={name === '' ? t.opening : name} data-testid={`demo-${side}`}>
      <div class="demo-who">
        <div>
          <h2>{name === '' ? t.opening : name}</h2>
          <p class="demo-username">{session === undefined ? '\u00a0' : `@${session.username}`}</p>
        </div>
        <State bank={bank} />
      </div>
      <Trouble holder={holder} />
      <div class="demo-balance">
        <span class="demo-label">{t.balance}</span>
        {account === undefined ? (
          <Skeleton figure lines={0} />
        ) : (
          <Figure size="hero" amountMinor={account.balanceMinor} currency={account.currency} freshness={bank.freshness.value} data-testid={`demo-${side}-balance`} />
        )}
      </div>
      <Pay holder={holder} other={other} payments={payments} currency={currency} />
      <h3 class="demo-label">{t.newest}</h3>
      <Legs holder={holder} />
    </section>
  );
}

function Pay({ holder, other, payments, currency }: HolderPanelProps) {
  const busy = useSignal<bigint | undefined>(undefined);
  const to = other.bank.session.value?.owner.split(' ')[0] ?? '';
  const ready = holder.account !== undefined && other.account !== undefined && holder.bank.freshness.value.kind === 'live';
  const pay = async (amountMinor: bigint) => {
    busy.value = amountMinor;
    try {
      const order = await payments.pay(holder.side, amountMinor, '');
      if (order?.error !== undefined && order.state === 'refused') {
        toast({ text: t.refused, detail: explain(order.error), tone: 'danger' });
      }
    } catch (error) {
      toast({ text: t.refused, detail: explain(error), tone: 'danger' });
    } finally {
      busy.value = undefined;
    }
  };
  return (
    <div class="demo-pay" role="group" aria-label={t.payTo(to)}>
      <span class="demo-label demo-pay-label" aria-hidden>
        {t.payTo(to)}
      </span>
      {amountsMinor.map((amountMinor) => (
        <Button
          key={String(amountMinor)}
          kind="quiet"
          disabled={!ready}
          busy={busy.value === amountMinor}
          aria-label={t.pay(money(amountMinor, currency), to)}
          onClick={() => void pay(amountMinor)}
        >
          {money(amountMinor, currency).replace(/\.00$/, '')}
        </Button>
      ))}
    </div>
  );
}

function Legs({ holder }: { holder: Holder }) {
  const { account, bank } = holder;
  const movements = account === undefined ? undefined : movementsOf(bank, account.clabe);
  useEffect(() => {
    if (movements?.legs.peek().length === 0) {
      void movements.more();
    }
  }, [movements]);
  const legs = movements?.legs.value.slice(0, legsMax) ?? [];
  if (legs.length === 0) {
    return <p class="demo-nothing">{t.nothingYet}</p>;
  }
  return (
    <ul class="demo-legs">
      {legs.map((leg) => (
        <li key={String(leg.seq)} class={classes('demo-leg', leg.amountMinor > 0n && 'demo-leg-in')}>
          <span class="demo-leg-text">{describe(leg)}</span>
          <span class="demo-leg-time">{time(leg.atUs)}</span>
          <Amount amountMinor={leg.amountMinor} currency={account?.currency ?? 'MXN'} signed />
        </li>
      ))}
    </ul>
  );
}

function describe(leg: Leg): string {
  return leg.memo !== '' ? leg.memo : leg.counterpartyName;
}

/** The state of the side's connection, in a word. */
function State({ bank }: { bank: Bank }) {
  const live = bank.freshness.value.kind === 'live';
  const { kind } = bank.link.value;
  const word = live ? t.live : kind === 'stopped' ? t.off : kind === 'waiting' ? t.waiting : t.connecting;
  return <span class={classes('demo-state', live && 'demo-state-live')}>{word}</span>;
}

/** What keeps the side from going on, and the way out of it. */
function Trouble({ holder }: { holder: Holder }) {
  const link = holder.bank.link.value;
  const failed = holder.failed.value;
  if (link.kind === 'stopped' && link.why.code !== 'closed') {
    const changed = link.why.code === 'identity_changed';
    return (
      <Banner
        tone="danger"
        title={t.stopped}
        {...(changed ? {} : { action: <Button onClick={() => holder.again()}>{t.again}</Button> })}
      >
        {changed ? t.identityChanged : undefined}
      </Banner>
    );
  }
  if (failed !== undefined && holder.bank.session.value === undefined) {
    return (
      <Banner tone="danger" title={t.failed} action={<Button onClick={() => holder.again()}>{t.again}</Button>}>
        {explain(failed)}
      </Banner>
    );
  }
  return null;
}
