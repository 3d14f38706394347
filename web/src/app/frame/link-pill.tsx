import { useBank } from '../bank.ts';
import { duration } from '../format.ts';
import { isHalt } from '../halt.ts';
import { classes } from '../ui/classes.ts';
import { t } from './text.ts';

type Look = 'live' | 'calm' | 'waiting' | 'old';

/** What the link is, in a word or two. "Live" only where figures are. */
export function LinkPill() {
  const state = useLook();
  if (state === undefined) {
    return null;
  }
  const [look, text] = state;
  return (
    <span class={classes('pill', `pill-${look}`)} data-testid="link-state" data-link={look}>
      <span class="pill-dot" aria-hidden />
      <span class="read">{t.linkState}: </span>
      {text}
    </span>
  );
}

function useLook(): readonly [Look, string] | undefined {
  const bank = useBank();
  const link = bank.link.value;
  if (link.kind === 'stopped' && isHalt(link.why)) {
    return ['old', t.stopped];
  }
  if (bank.session.value === undefined) {
    switch (link.kind) {
      case 'connecting':
        return ['waiting', t.connecting];
      case 'live':
        return ['calm', t.connected];
      case 'waiting':
        return ['old', t.offline];
      default:
        return undefined; // at rest: it connects when somebody signs in
    }
  }
  const freshness = bank.freshness.value;
  switch (freshness.kind) {
    case 'live':
      return ['live', t.live];
    case 'reconnecting':
      return ['waiting', t.reconnecting];
    case 'stale':
      return ['old', t.staleSince(duration(freshness.ageMs))];
    case 'never':
      return ['waiting', t.connecting];
  }
}
