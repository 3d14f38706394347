import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import { useBank } from '../../bank.ts';
import { go, route } from '../../router.ts';
import { Segmented, Skeleton } from '../../ui/index.ts';
import { type Desk, deskOf } from './desk.ts';
import type { Flow } from './flow.ts';
import { Missing, NoAccount, OneAccount } from './empty.tsx';
import { Form } from './form.tsx';
import { Outcome } from './outcome.tsx';
import { placeOf } from './place.ts';
import { formPath } from './prefill.ts';
import { Receive } from './receive.tsx';
import { Review } from './review.tsx';
import { t } from './text.ts';
import { useStep } from './use-step.ts';

type Mode = 'pay' | 'own' | 'receive';

/** Send: a form, a review, and what became of the order, each with an address of its own. */
export default function View() {
  const bank = useBank();
  const desk = deskOf(bank);
  const here = route.value;
  const flow = desk.flow.value;
  const place = placeOf(here.parts);
  const mode = modeOf(here.query);
  const { heading, onMouseDown } = useStep(flow.step);
  const ready = bank.accounts.value.length > 0;
  // An order's page may be open before the orders have been read.
  const awaited = place.kind === 'order' ? bank.orders.value : undefined;

  useLayoutEffect(() => {
    if (!ready) return;
    const { goTo } = desk.arrive(place);
    const onward = goTo ?? (place.kind === 'form' ? desk.prefill(here.query) : undefined);
    if (onward !== undefined) go(onward, { replace: true });
  }, [desk, here, ready, awaited]);

  if (!ready) return desk.live.value ? <NoAccount /> : <Skeleton lines={4} />;
  if (place.kind === 'order' && !(flow.step === 'ordered' && flow.key === place.key)) {
    return <Missing title={t.missingTitle} more={t.missingMore} to="/movements" label={t.toMovements} />;
  }
  if (flow.step !== 'form') {
    return (
      <div class="send" data-testid="send" onMouseDown={onMouseDown}>
        <Step {...{ desk, flow, heading }} />
      </div>
    );
  }
  return (
    <div class="send" data-testid="send">
      <h1 ref={heading} tabIndex={-1}>
        {mode === 'receive' ? t.receiveTitle : t.title}
      </h1>
      <Segmented<Mode>
        label={t.modes}
        value={mode}
        onValue={(to) => go(to === 'pay' ? '/send' : `/send?mode=${to}`, { replace: true })}
        choices={[
          { value: 'pay', label: t.modePay },
          { value: 'own', label: t.modeOwn },
          { value: 'receive', label: t.modeReceive },
        ]}
      />
      <Task mode={mode} desk={desk} flow={flow} />
    </div>
  );
}

function Task({ mode, desk, flow }: { mode: Mode; desk: Desk; flow: Extract<Flow, { step: 'form' }> }) {
  const { accounts } = useBank();
  if (mode === 'receive') return <Receive />;
  return mode === 'own' && accounts.value.length < 2 ? <OneAccount /> : <Form desk={desk} draft={flow.draft} />;
}

interface StepProps {
  desk: Desk;
  flow: Exclude<Flow, { step: 'form' }>;
  heading: RefObject<HTMLHeadingElement | null>;
}

function Step({ desk, flow, heading }: StepProps) {
  const onForm = () => go(formPath(flow.draft.mode), { replace: true });
  if (flow.step === 'review') return <Review payment={flow.payment} insist={flow.insist} {...{ desk, heading, onForm }} />;
  return <Outcome {...{ desk, flow, heading, onForm }} />;
}

function modeOf(query: URLSearchParams): Mode {
  const mode = query.get('mode');
  return mode === 'own' || mode === 'receive' ? mode : 'pay';
}
