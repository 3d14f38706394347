import type { Freshness } from '../../bank.ts';
import { duration } from '../../format.ts';
import { t } from './text.ts';

/** Says how old a figure is, beside it: a dot and words, never the colour alone. */
export function FreshnessMark({ freshness }: { freshness: Freshness }) {
  const live = freshness.kind === 'live';
  return (
    <span class={live ? 'acct-fresh acct-fresh-live' : 'acct-fresh'} data-testid="balance-freshness">
      <span class="acct-fresh-dot" aria-hidden />
      {words(freshness)}
    </span>
  );
}

function words(freshness: Freshness): string {
  switch (freshness.kind) {
    case 'live':
      return t.live;
    case 'never':
      return t.waiting;
    case 'reconnecting':
      return `${t.asOf(duration(freshness.ageMs))} · ${t.reconnecting}`;
    case 'stale':
      return t.asOf(duration(freshness.ageMs));
  }
}
