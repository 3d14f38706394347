import { useEffect, useRef, useState } from 'preact/hooks';
import type { Device } from '../../../caudal/index.ts';
import { useBank } from '../../bank.ts';
import { Banner, Button, Card, Skeleton } from '../../ui/index.ts';
import { DeviceRow } from './device-row.tsx';
import { deviceId, inOrder } from './devices.ts';
import { RevokeDialog } from './revoke-dialog.tsx';
import { t } from './text.ts';
import { watch } from './watch.ts';

/** The person's devices, as they come and go. */
export function DevicesCard() {
  const bank = useBank();
  const [revoking, setRevoking] = useState<Device | undefined>(undefined);
  const list = useRef<HTMLUListElement>(null);
  const gone = useRef(false);
  const devices = inOrder(bank.devices.value);
  const strangers = watch(bank).strangers.value;
  const strange = new Set(strangers.map(deviceId));
  useEffect(() => {
    // The button that had the focus has gone with its device.
    if (gone.current) {
      gone.current = false;
      list.current?.focus();
    }
  }, [devices.length]);
  return (
    <Card title={t.devices} class="devices" data-testid="devices">
      <p class="card-lead">{t.devicesLead}</p>
      {strangers.map((device) => (
        <Stranger key={deviceId(device)} device={device} onRevoke={() => setRevoking(device)} />
      ))}
      {devices.length === 0 ? (
        <Skeleton lines={3} />
      ) : (
        <ul class="device-list" ref={list} tabIndex={-1} aria-label={t.devices}>
          {devices.map((device) => (
            <DeviceRow
              key={deviceId(device)}
              device={device}
              stranger={strange.has(deviceId(device))}
              onRevoke={() => setRevoking(device)}
            />
          ))}
        </ul>
      )}
      {devices.length === 1 && <p class="muted card-note">{t.noOthers}</p>}
      <RevokeDialog
        device={revoking}
        onClose={() => setRevoking(undefined)}
        onRevoked={() => {
          gone.current = true;
        }}
      />
    </Card>
  );
}

function Stranger({ device, onRevoke }: { device: Device; onRevoke: () => void }) {
  const watching = watch(useBank());
  return (
    <Banner
      tone="danger"
      role="alert"
      title={t.newDevice(device.name)}
      data-testid="new-device"
      action={
        <div class="stranger-actions">
          <Button small onClick={() => watching.know(deviceId(device))}>
            {t.itWasMe}
          </Button>
          <Button small kind="danger" onClick={onRevoke}>
            {t.revoke}
          </Button>
        </div>
      }
    >
      {t.newDeviceText}
    </Banner>
  );
}
