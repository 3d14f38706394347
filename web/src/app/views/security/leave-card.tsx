import { useBank } from '../../bank.ts';
import { explain } from '../../errors.ts';
import { Banner, Button, Card } from '../../ui/index.ts';
import { t } from './text.ts';
import { useCall } from './use-call.ts';

/** The way out: this browser stops being one of the person's devices. To keep it, they just close the page. */
export function LeaveCard() {
  const bank = useBank();
  const call = useCall();
  const live = bank.freshness.value.kind === 'live';
  const leave = () =>
    call.run(
      () => bank.client.signOut({ revoke: true }),
      () => undefined, // the page changes by itself: nobody is signed in
    );
  return (
    <Card title={t.leave} class="leave" data-testid="leave">
      <p class="card-lead">{t.leaveLead}</p>
      {!live && <Banner tone="caution">{t.leaveOffline}</Banner>}
      <Button icon="out" busy={call.busy} onClick={leave} data-testid="leave-now">
        {t.leaveNow}
      </Button>
      <p class="muted card-note">{t.leaveKeep}</p>
      {call.error !== undefined && (
        <Banner tone="danger" role="alert">
          {explain(call.error)}
        </Banner>
      )}
    </Card>
  );
}
