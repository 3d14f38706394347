import { useEffect, useRef, useState } from 'preact/hooks';
import { announce } from '../announce.ts';
import { useBank } from '../bank.ts';
import { cuts } from '../errors-text.ts';
import { duration } from '../format.ts';
import { Banner, Button } from '../ui/index.ts';
import { t } from './text.ts';
import { useNow } from './use-now.ts';

/** A gap shorter than this is not worth a banner: the pill and the greyed figures say it. */
const patienceMs = 1500;

/** Says that the figures are old, how old, why, and when the next attempt comes; gone while all is live. */
export function FreshnessBar() {
  const bank = useBank();
  const freshness = bank.freshness.value;
  const away = freshness.kind !== 'live';
  const shown = useLasting(away, patienceMs);
  const wasShown = useRef(false);
  useEffect(() => {
    if (shown !== wasShown.current) {
      wasShown.current = shown;
      announce(shown ? t.lostAnnounced : t.liveAnnounced);
    }
  }, [shown]);
  return (
    <div class="fresh" data-shown={shown && away ? '' : undefined}>
      <div class="fresh-inner">{shown && away && <Waiting />}</div>
    </div>
  );
}

/** Whether something has held for a while; it ends at once. */
function useLasting(holds: boolean, forMs: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!holds) {
      setLasting(false);
      return undefined;
    }
    const timer = setTimeout(() => setLasting(true), forMs);
    return () => clearTimeout(timer);
  }, [holds, forMs]);
  return lasting && holds;
}

/** The banner. */
function Waiting() {
  const bank = useBank();
  const freshness = bank.freshness.value;
  const link = bank.link.value;
  const nowMs = useNow();
  const old = bank.session.value !== undefined && 'ageMs' in freshness;
  const title = old ? t.oldFigures(duration(freshness.ageMs)) : t.noFigures;
  return (
    <Banner
      tone="caution"
      title={title}
      data-testid="freshness"
      action={
        <Button small busy={link.kind === 'connecting'} onClick={() => bank.client.hurry()} icon="retry">
          {t.retryNow}
        </Button>
      }
    >
      {link.kind === 'waiting' ? (
        <span>
          {cuts[link.why]} <span class="figures">{t.retryingIn(duration(Math.max(0, link.retryAtMs - nowMs)))}</span>
        </span>
      ) : (
        t.retryingNow
      )}
    </Banner>
  );
}
