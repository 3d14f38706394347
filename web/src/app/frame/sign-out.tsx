import { useState } from 'preact/hooks';
import { toast } from '../announce.ts';
import { useBank } from '../bank.ts';
import { explain } from '../errors.ts';
import { tellLeaving } from '../leaving.ts';
import { go } from '../router.ts';
import { Banner, Button, Dialog } from '../ui/index.ts';
import { t } from './text.ts';

/**
 * Asks before the session ends, because coming back then takes the password: this browser forgets its key, and the bank
 * strikes it off. Whoever only wants to leave closes the page.
 */
export function SignOut({ open, onClose }: { open: boolean; onClose: () => void }) {
  const bank = useBank();
  const [busy, setBusy] = useState(false);
  const pending = bank.orders.value.filter((order) => order.state === 'sending' || order.state === 'unknown').length;
  const leave = async () => {
    setBusy(true);
    try {
      tellLeaving();
      await bank.client.signOut({ revoke: true });
      go('/signin', { replace: true });
      onClose();
    } catch (error) {
      toast({ tone: 'danger', text: explain(error) });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      busy={busy}
      title={t.signOutTitle}
      data-testid="sign-out"
      actions={
        <>
          <Button onClick={onClose} disabled={busy}>
            {t.cancel}
          </Button>
          <Button kind="primary" busy={busy} onClick={() => void leave()}>
            {t.signOut}
          </Button>
        </>
      }
    >
      <p>{t.signOutText}</p>
      {pending > 0 && <Banner tone="caution">{t.pendingOrders(pending)}</Banner>}
      {bank.link.value.kind !== 'live' && <Banner tone="caution">{t.signOutOffline}</Banner>}
    </Dialog>
  );
}
