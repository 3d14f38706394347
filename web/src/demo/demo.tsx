import { useComputed } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { language, languages } from '../app/i18n.ts';
import { theme } from '../app/theme.ts';
import { Mark, Segmented, Toasts } from '../app/ui/index.ts';
import { Bot } from './bot.ts';
import type { Holder, Side } from './holder.ts';
import { HolderPanel } from './holder-panel.tsx';
import { Payments, type Payer } from './payments.ts';
import { River } from './river.tsx';
import { t } from './text.ts';

const currency = 'MXN';

function payer(holder: Holder): Payer {
  const { client } = holder.bank;
  return {
    get account() {
      return holder.account?.clabe;
    },
    order: (command) => client.order({ kind: 'transfer', ...command }),
    dismiss: (key) => client.dismissOrder(key),
  };
}

/** Two holders side by side, with the ledger's river between them. */
export function Demo({ holders }: { holders: Record<Side, Holder> }) {
  const payments = useMemo(
    () => new Payments({ left: payer(holders.left), right: payer(holders.right) }, currency),
    [holders],
  );
  const bot = useMemo(
    () =>
      new Bot({
        available: (side) =>
          holders[side].bank.freshness.peek().kind === 'live' ? holders[side].account?.availableMinor : undefined,
        pay: (from, amountMinor, memo) => payments.pay(from, amountMinor, memo),
        get memos() {
          return t.memos.split('|');
        },
        random: Math.random,
        setInterval: (job, ms) => {
          const timer = setInterval(job, ms);
          return () => clearInterval(timer);
        },
      }),
    [holders, payments],
  );
  useEffect(() => {
    const stops = (['left', 'right'] as const).map((side) =>
      holders[side].bank.client.on('leg', ({ leg }) => payments.heard(side, leg)),
    );
    return () => {
      bot.stop();
      stops.forEach((stop) => stop());
    };
  }, [holders, payments, bot]);
  const together = useComputed(() => {
    const [left, right] = [holders.left.account, holders.right.account];
    return left === undefined || right === undefined ? undefined : left.balanceMinor + right.balanceMinor;
  });
  return (
    <div class="demo">
      <header class="demo-head">
        <a class="demo-brand" href="/">
          <Mark />
          <span>Caudal</span>
        </a>
        <div class="demo-settings">
          <Segmented
            label="Idioma · Language"
            small
            choices={languages.map(({ code, name }) => ({ value: code, label: name }))}
            value={language.value}
            onValue={(chosen) => {
              language.value = chosen;
            }}
          />
          <Segmented
            label={t.theme}
            small
            iconsOnly
            choices={[
              { value: 'system', label: t.themeSystem, icon: 'system' },
              { value: 'light', label: t.themeLight, icon: 'sun' },
              { value: 'dark', label: t.themeDark, icon: 'moon' },
            ]}
            value={theme.value}
            onValue={(chosen) => {
              theme.value = chosen;
            }}
          />
        </div>
      </header>
      <main class="demo-main" id="main">
        <div class="demo-lead">
          <h1>{t.title}</h1>
          <p>{t.lead}</p>
        </div>
        <div class="demo-stage">
          <HolderPanel holder={holders.left} other={holders.right} payments={payments} currency={currency} />
          <River holders={holders} payments={payments} bot={bot} together={together} currency={currency} />
          <HolderPanel holder={holders.right} other={holders.left} payments={payments} currency={currency} />
        </div>
      </main>
      <Toasts />
    </div>
  );
}
