import { useEffect, useRef } from 'preact/hooks';
import { Steps } from '../../ui/index.ts';
import { AccountStep } from './account-step.tsx';
import { AmountStep } from './amount-step.tsx';
import type { Counter } from './counter.ts';
import type { Desk } from './desk.ts';
import { OrderStep } from './order-step.tsx';
import { ReviewStep } from './review-step.tsx';
import { SearchStep } from './search-step.tsx';
import { t } from './text.ts';

const place: Readonly<Record<Counter['step'], number>> = { search: 0, account: 1, amount: 2, review: 3, order: 4 };

/** One customer's business, step by step. Each step takes the focus where the hands go next; Escape goes back. */
export function CounterCard({ desk }: { desk: Desk }) {
  const { step } = desk.counter.value;
  const sheet = useRef<HTMLElement>(null);
  const before = useRef(step);
  useEffect(() => {
    // The button that was pressed is gone with its step, and nothing of the next one asked for the focus.
    if (before.current !== step && document.activeElement === document.body) {
      sheet.current?.focus();
    }
    before.current = step;
  }, [step]);
  return (
    <section
      class="card counter"
      ref={sheet}
      tabIndex={-1}
      aria-label={t.title}
      data-testid="counter"
      data-step={step}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && step !== 'search' && step !== 'order') {
          event.preventDefault();
          desk.move({ kind: 'back' });
        }
      }}
    >
      <Steps names={[t.stepHolder, t.stepAccount, t.stepAmount, t.stepReview, t.stepDone]} current={place[step]} />
      <Step desk={desk} />
      {step !== 'order' && <p class="counter-keys">{t.keys}</p>}
    </section>
  );
}

function Step({ desk }: { desk: Desk }) {
  const at = desk.counter.value;
  switch (at.step) {
    case 'search':
      return <SearchStep desk={desk} />;
    case 'account':
      return <AccountStep desk={desk} customer={at.customer} />;
    case 'amount':
      return <AmountStep desk={desk} at={at} />;
    case 'review':
      return <ReviewStep desk={desk} at={at} />;
    case 'order':
      return <OrderStep key={at.key} desk={desk} review={at.review} />;
  }
}
