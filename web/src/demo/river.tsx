import type { ReadonlySignal } from '@preact/signals';
import { count, money } from '../app/format.ts';
import { Button, classes } from '../app/ui/index.ts';
import type { Bot } from './bot.ts';
import type { Holder, Side } from './holder.ts';
import type { Payment, Payments } from './payments.ts';
import { t } from './text.ts';

interface RiverProps {
  holders: Record<Side, Holder>;
  payments: Payments;
  bot: Bot;
  /** The sum of both balances, in minor units. */
  together: ReadonlySignal<bigint | undefined>;
  currency: string;
}

/** What lies between the two: money on its way, the bot, and what proves that all of it is real. */
export function River({ holders, payments, bot, together, currency }: RiverProps) {
  const last = payments.last.value;
  const records = (['left', 'right'] as const).map((side) => holders[side].bank.channel.value);
  const sealed = records.reduce((sum, channel) => sum + (channel === undefined ? 0 : channel.sealed + channel.opened), 0);
  const running = bot.running.value;
  return (
    <section class="demo-river" aria-label={t.river}>
      <div class="demo-water" aria-hidden>
        {payments.shown.value.map((payment) => (
          <Drop key={payment.id} payment={payment} currency={currency} onEnd={() => payments.arrived(payment.id)} />
        ))}
      </div>
      <div class="demo-bot">
        <Button kind={running ? 'quiet' : 'primary'} wide aria-pressed={running} data-testid="demo-bot" onClick={() => (running ? bot.stop() : bot.start())}>
          {running ? t.botStop : t.botStart}
        </Button>
        <p class="demo-note">{t.botNote}</p>
      </div>
      <dl class="demo-facts">
        <Fact term={t.together} note={t.togetherNote} id="together">
          {together.value === undefined ? '–' : money(together.value, currency)}
        </Fact>
        <Fact term={t.took} note={t.tookNote} id="took">
          {last === undefined ? '–' : t.milliseconds(slowest(last).toFixed(1))}
        </Fact>
        <Fact term={t.count} id="count">
          {count(payments.done.value)}
        </Fact>
        <Fact term={t.records} note={t.recordsNote} id="records">
          {count(sealed)}
        </Fact>
      </dl>
    </section>
  );
}

/** How long the later of the two screens took, in milliseconds. */
function slowest(payment: Payment): number {
  return Math.max(payment.tookMs.left ?? 0, payment.tookMs.right ?? 0);
}

interface FactProps {
  term: string;
  note?: string;
  id: string;
  children: string;
}

function Fact({ term, note, id, children }: FactProps) {
  return (
    <div class="demo-fact">
      <dt class="demo-label">{term}</dt>
      <dd class="demo-value" data-testid={`demo-${id}`}>
        {children}
      </dd>
      {note !== undefined && <dd class="demo-note">{note}</dd>}
    </div>
  );
}

/** A payment on its way across. */
function Drop({ payment, currency, onEnd }: { payment: Payment; currency: string; onEnd: () => void }) {
  return (
    <span class={classes('demo-drop', `demo-drop-${payment.from}`)} onAnimationEnd={onEnd}>
      {money(payment.amountMinor, currency)}
    </span>
  );
}
