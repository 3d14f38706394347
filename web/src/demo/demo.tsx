import { computed } from '@preact/signals';
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
import { Together } from './together.ts';

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

/** Both balances in minor units; undefined unless both are known and live. */
function sumOf({ left, right }: Record<Side, Holder>): bigint | undefined {
  const live = [left, right].every(({ bank }) => bank.freshness.value.kind === 'live');
  const [one, other] = [left.account, right.account];
  return live && one !== undefined && other !== undefined ? one.balanceMinor + other.balanceMinor : undefined;
}

function later(f: () => void, ms: number): () => void {
  const timer = setTimeout(f, ms);
  return () => clearTimeout(timer);
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
  const together = useMemo(() => new Together(computed(() => sumOf(holders)), later), [holders]);
  useEffect(() => {
    const stops = (['left', 'right'] as const).map((side) =>
      holders[side].bank.client.on('leg', ({ leg }) => payments.heard(side, leg)),
    );
    return () => {
      bot.stop();
      together.stop();
      stops.forEach((stop) => stop());
    };
  }, [holders, payments, bot, together]);
  return (
    <div class="demo">
      <header class="demo-head">
        <a class="demo-brand" href="/">
          <Mark />
          <span>Caudal</span>
        </a>
        <a class="demo-bank" href="/">
          {t.dashboard}
        </a>
        <div class="demo-settings">
          <Segmented
            label={t.language}
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
          <River holders={holders} payments={payments} bot={bot} together={together.shown} currency={currency} />
          <HolderPanel holder={holders.right} other={holders.left} payments={payments} currency={currency} />
        </div>
      </main>
      <Toasts />
    </div>
  );
}
