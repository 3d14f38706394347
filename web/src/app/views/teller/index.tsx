import { Role } from '../../../caudal/index.ts';
import { useBank } from '../../bank.ts';
import { EmptyState, Link, Skeleton } from '../../ui/index.ts';
import { CounterCard } from './counter-card.tsx';
import { deskOf } from './desk.ts';
import { LimitsCard } from './limits-card.tsx';
import { OthersCard } from './others-card.tsx';
import { t } from './text.ts';
import { TrailCard } from './trail-card.tsx';

/** The counter, for the staff of the bank. Whoever is not gets told so, and nothing is asked of the bank. */
export default function View() {
  const role = useBank().session.value?.role;
  return (
    <div class="teller">
      <h1>{t.title}</h1>
      {role === undefined ? <Skeleton lines={4} /> : role === Role.TELLER || role === Role.ADMIN ? <Staff all={role === Role.ADMIN} /> : <NotForYou />}
    </div>
  );
}

function Staff({ all }: { all: boolean }) {
  const desk = deskOf(useBank());
  return (
    <div class="teller-columns">
      <div class="teller-column">
        <OthersCard desk={desk} />
        <CounterCard desk={desk} />
        <LimitsCard desk={desk} />
      </div>
      <div class="teller-column">
        <TrailCard trail={desk.trail} all={all} />
      </div>
    </div>
  );
}

function NotForYou() {
  return (
    <EmptyState
      icon="teller"
      title={t.notForYou}
      action={
        <Link button="primary" to="/">
          {t.toAccounts}
        </Link>
      }
    >
      {t.notForYouText}
    </EmptyState>
  );
}
