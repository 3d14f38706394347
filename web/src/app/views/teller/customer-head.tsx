import { explain } from '../../errors.ts';
import { time } from '../../format.ts';
import { Banner, Button } from '../../ui/index.ts';
import { useCall } from '../security/use-call.ts';
import type { Customer } from './counter.ts';
import type { Desk } from './desk.ts';
import { t } from './text.ts';

/** microseconds turns a moment of this machine's clock into what format.ts takes. */
export function microseconds(ms: number): bigint {
  return BigInt(Math.trunc(ms)) * 1000n;
}

/** Whom one serves, with how old the balances are. A teller is not told live of what others do to an account. */
export function CustomerHead({ desk, customer }: { desk: Desk; customer: Customer }) {
  const call = useCall();
  const { holder, asOfMs } = customer;
  return (
    <>
      <div class="customer">
        <Button small icon="back" aria-label={t.back} title={t.back} onClick={() => desk.move({ kind: 'back' })} />
        <div class="customer-who">
          <h2>{holder.owner}</h2>
          <p class="muted">@{holder.username}</p>
        </div>
        <div class="customer-age">
          <span class="muted">
            {t.asOf} {time(microseconds(asOfMs))}
          </span>
          <Button
            small
            icon="retry"
            aria-label={t.lookAgain}
            title={t.lookAgain}
            busy={call.busy}
            onClick={() => call.run(() => desk.lookAgain(), () => undefined)}
          />
        </div>
      </div>
      {call.error !== undefined && (
        <Banner tone="danger" role="alert">
          {explain(call.error)}
        </Banner>
      )}
    </>
  );
}
