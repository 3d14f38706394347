import type { Device } from '../../../caudal/index.ts';
import { toast } from '../../announce.ts';
import { useBank } from '../../bank.ts';
import { explain } from '../../errors.ts';
import { Banner, Button, Dialog } from '../../ui/index.ts';
import { t } from './text.ts';
import { useCall } from './use-call.ts';

interface RevokeDialogProps {
  /** Undefined while nothing is to be revoked. */
  device: Device | undefined;
  onClose: () => void;
  /** It is revoked, and was not the one in the person's hand. */
  onRevoked: (device: Device) => void;
}

/** Asks before a device is revoked. This one is revoked by signing out, which the bank does in one step. */
export function RevokeDialog({ device, onClose, onRevoked }: RevokeDialogProps) {
  const { client } = useBank();
  const call = useCall();
  if (device === undefined) {
    return null;
  }
  const close = () => {
    call.clear();
    onClose();
  };
  const revoke = () => {
    if (device.current) {
      call.run(() => client.signOut({ revoke: true }), close);
      return;
    }
    call.run(
      () => client.revokeDevice(device.id),
      () => {
        toast({ tone: 'done', text: t.revoked(device.name) });
        close();
        onRevoked(device);
      },
    );
  };
  return (
    <Dialog
      open
      busy={call.busy}
      onClose={close}
      title={device.current ? t.revokeThisAsk : t.revokeAsk(device.name)}
      data-testid="revoke-dialog"
      actions={
        <>
          <Button disabled={call.busy} onClick={close}>
            {t.cancel}
          </Button>
          <Button kind="danger" busy={call.busy} onClick={revoke} data-testid="revoke-confirm">
            {device.current ? t.revokeThisConfirm : t.revokeConfirm}
          </Button>
        </>
      }
    >
      <p>{device.current ? t.revokeThisText : t.revokeText}</p>
      {!device.current && <p class="muted">{t.revokeStranger}</p>}
      {call.error !== undefined && (
        <Banner tone="danger" role="alert">
          {explain(call.error)}
        </Banner>
      )}
    </Dialog>
  );
}
