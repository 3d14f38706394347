import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import { useBank } from '../../bank.ts';
import { explain } from '../../errors.ts';
import { go, route } from '../../router.ts';
import { Button, CopyButton, groupClabe, Link } from '../../ui/index.ts';
import { OutcomeCard } from '../orders/outcome-card.tsx';
import { Missing } from '../send/empty.tsx';
import { Fact, Facts } from '../send/facts.tsx';
import { placeOf } from '../send/place.ts';
import { useStep } from '../send/use-step.ts';
import { openDeskOf } from './desk.ts';
import { OpenForm } from './form.tsx';
import type { Opening } from './opening.ts';
import { t } from './text.ts';

type Ordered = Extract<Opening, { step: 'ordered' }>;

/** Opens another account: a name, and then what became of the order, which has an address of its own. */
export default function View() {
  const bank = useBank();
  const desk = openDeskOf(bank);
  const here = route.value;
  const place = placeOf(here.parts);
  const opening = desk.opening.value;
  const { heading, onMouseDown } = useStep(opening.step);
  const awaited = place.kind === 'order' ? bank.orders.value : undefined;

  useLayoutEffect(() => {
    if (place.kind === 'order') desk.show(place.key);
    else desk.take({ type: 'back' });
  }, [desk, here, awaited]);
  if (place.kind === 'order') {
    const known = opening.step === 'ordered' && opening.key === place.key;
    if (!known) return <Missing title={t.missingTitle} more={t.missingMore} to="/" label={t.toAccounts} />;
    return (
      <div class="send" onMouseDown={onMouseDown}>
        <Ordered opening={opening} heading={heading} />
      </div>
    );
  }
  return (
    <div class="send" data-testid="open">
      <h1 ref={heading} tabIndex={-1}>
        {t.title}
      </h1>
      {opening.step === 'form' && <OpenForm desk={desk} name={opening.name} />}
    </div>
  );
}

function Ordered({ opening, heading }: { opening: Ordered; heading: RefObject<HTMLHeadingElement | null> }) {
  const { outcome } = opening;
  const standing = outcome.kind === 'failed' ? 'refused' : outcome.kind;
  return (
    <OutcomeCard standing={standing} heading={heading} title={title(opening)} actions={<Actions opening={opening} />}>
      <Told opening={opening} />
    </OutcomeCard>
  );
}

function title({ outcome, name }: Ordered): string {
  switch (outcome.kind) {
    case 'sending':
      return t.sending(name);
    case 'unknown':
      return t.unknown;
    case 'done':
      return t.done(name);
    case 'refused':
      return t.refused;
    case 'failed':
      return t.failed;
  }
}

function Told({ opening: { outcome, clabe } }: { opening: Ordered }) {
  const live = useBank().freshness.value.kind === 'live';
  switch (outcome.kind) {
    case 'sending':
      return <p class="outcome-told">{live ? t.sendingMore : t.sendingOffline}</p>;
    case 'unknown':
      return (
        <div class="outcome-told">
          <p>{live ? t.unknownLive : t.unknownMore}</p>
          <p>
            <strong>{live ? t.unknownWait : t.unknownAgain}</strong>
          </p>
        </div>
      );
    case 'done':
      return clabe === undefined ? null : (
        <Facts>
          <Fact name={t.clabe}>
            <span class="figures">{groupClabe(clabe)}</span> <CopyButton iconOnly small text={clabe} label={t.copyClabe} />
          </Fact>
        </Facts>
      );
    case 'refused':
      return <p class="outcome-told">{outcome.error === undefined ? '' : explain(outcome.error)}</p>;
    case 'failed':
      return (
        <div class="outcome-told">
          <p>
            <strong>{t.failedMore}</strong>
          </p>
          <p>{explain(outcome.error)}</p>
        </div>
      );
  }
}

function Actions({ opening: { outcome, clabe } }: { opening: Ordered }) {
  if (outcome.kind === 'refused' || outcome.kind === 'failed') {
    return (
      <Button kind="primary" icon="edit" wide onClick={() => go('/open', { replace: true })}>
        {t.retry}
      </Button>
    );
  }
  if (outcome.kind === 'done' && clabe !== undefined) {
    return (
      <>
        <Link button="primary" class="button-wide" to={`/account/${clabe}`}>
          {t.toAccount}
        </Link>
        <Link button="quiet" class="button-wide" to={`/send?to=${clabe}`}>
          {t.fund}
        </Link>
      </>
    );
  }
  return (
    <Link button="quiet" class="button-wide" to="/">
      {t.toAccounts}
    </Link>
  );
}
