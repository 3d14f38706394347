import type { TellerLimits } from '../../../caudal/index.ts';
import { money } from '../../format.ts';
import { Card, Time } from '../../ui/index.ts';
import type { Desk } from './desk.ts';
import { left, type Way } from './limits.ts';
import { t } from './text.ts';

/** What the teller may still take in and pay out today, in the currency that is being served. Nothing until it is known. */
export function LimitsCard({ desk }: { desk: Desk }) {
  const at = desk.counter.value;
  const currency = at.step === 'amount' || at.step === 'review' ? at.account.currency : 'MXN';
  const limits = desk.limits(currency);
  if (limits === undefined) {
    return null;
  }
  return (
    <Card title={t.limits} class="limits" data-testid="limits">
      <div class="limits-ways">
        <Way name={t.limitDeposit} way="deposit" limits={limits} />
        <Way name={t.limitWithdraw} way="withdraw" limits={limits} />
      </div>
      <p class="muted card-note">
        {t.limitOperation(money(limits.operationMaxMinor, currency))} {t.limitEnds} <Time us={limits.dayEndsAtUs} />
      </p>
    </Card>
  );
}

function Way({ name, way, limits }: { name: string; way: Way; limits: TellerLimits }) {
  const { dayMinor, usedMinor, dayMaxMinor } = left(limits, way);
  // Only the width of a bar: it may be off by a pixel, the amounts below it are exact.
  const share = dayMaxMinor === 0n ? 100 : Math.min(100, Number((usedMinor * 1000n) / dayMaxMinor) / 10);
  return (
    <div class="limit">
      <p>
        <span class="limit-name">{name}</span> <strong class="limit-left figures">{t.limitLeft(money(dayMinor, limits.currency))}</strong>
      </p>
      <div class="limit-bar" aria-hidden>
        <span style={{ inlineSize: `${share}%` }} />
      </div>
      <p class="muted figures">{t.limitOf(money(usedMinor, limits.currency), money(dayMaxMinor, limits.currency))}</p>
    </div>
  );
}
