import { useEffect, useRef } from 'preact/hooks';
import { explain } from '../../errors.ts';
import { count, day } from '../../format.ts';
import { Banner, Button, Card, EmptyState, Skeleton } from '../../ui/index.ts';
import { useOnScreen } from '../security/on-screen.ts';
import { byDay } from './audit.ts';
import { t } from './text.ts';
import { TrailEntry } from './trail-entry.tsx';
import type { Trail } from './trail.ts';

/** The audit log, newest first, endless: the next page is read when its place comes into sight. */
export function TrailCard({ trail, all }: { trail: Trail; all: boolean }) {
  const entries = trail.entries.value;
  const empty = entries.length === 0;
  return (
    <Card title={t.trail} class="trail" data-testid="trail">
      <p class="card-lead">{all ? t.trailAll : t.trailOwn}</p>
      {byDay(entries, day).map(({ name, entries: ofDay }) => (
        <section key={name} class="trail-day">
          <h3>{name}</h3>
          <ol>
            {ofDay.map((entry) => (
              <TrailEntry key={entry.id} entry={entry} all={all} />
            ))}
          </ol>
        </section>
      ))}
      {empty && trail.loading.value && <Skeleton lines={5} />}
      {empty && trail.complete.value && (
        <EmptyState icon="clock" title={t.trailEmpty}>
          {t.trailEmptyText}
        </EmptyState>
      )}
      {trail.error.value !== undefined && (
        <Banner
          tone="caution"
          action={
            <Button small icon="retry" onClick={() => void (empty ? trail.refresh() : trail.more())}>
              {t.tryAgain}
            </Button>
          }
        >
          {explain(trail.error.value)}
        </Banner>
      )}
      {!empty && <Foot trail={trail} />}
    </Card>
  );
}

function Foot({ trail }: { trail: Trail }) {
  const place = useRef<HTMLDivElement>(null);
  const seen = useOnScreen(place);
  const loaded = trail.entries.value.length;
  const complete = trail.complete.value;
  const failed = trail.error.value !== undefined;
  useEffect(() => {
    if (seen && !complete && !failed) {
      void trail.more();
    }
  }, [trail, seen, complete, failed, loaded]);
  return (
    <div class="trail-foot" ref={place}>
      <p class="muted figures">{complete ? t.trailEnd : t.trailCount(count(loaded))}</p>
      {!complete && (
        <Button small busy={trail.loading.value} onClick={() => void trail.more()}>
          {t.trailMore}
        </Button>
      )}
    </div>
  );
}
