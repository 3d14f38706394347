import { useState } from 'preact/hooks';
import { useBank } from '../../bank.ts';
import { SignOut } from '../../frame/sign-out.tsx';
import { Banner, Button, Card } from '../../ui/index.ts';
import { t } from './text.ts';

/** The way out, by the same question that the frame asks. */
export function LeaveCard() {
  const bank = useBank();
  const [leaving, setLeaving] = useState(false);
  return (
    <Card title={t.leave} class="leave" data-testid="leave">
      <p class="card-lead">{t.leaveLead}</p>
      {bank.freshness.value.kind !== 'live' && <Banner tone="caution">{t.leaveOffline}</Banner>}
      <div>
        <Button icon="out" onClick={() => setLeaving(true)} data-testid="leave-now">
          {t.leave}
        </Button>
      </div>
      <SignOut open={leaving} onClose={() => setLeaving(false)} />
    </Card>
  );
}
