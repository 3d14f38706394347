import { useEffect, useState } from 'preact/hooks';
import type { Device } from '../../../caudal/index.ts';
import { useBank } from '../../bank.ts';
import { Button, classes, Icon, Time } from '../../ui/index.ts';
import { algorithmName } from './devices.ts';
import { keyPrint } from './key-print.ts';
import { Moment } from './moment.tsx';
import { RenameDevice } from './rename-device.tsx';
import { t } from './text.ts';

interface DeviceRowProps {
  device: Device;
  /** It appeared while the person was here, and they have not said that they know it. */
  stranger: boolean;
  onRevoke: () => void;
}

/** One device: what it is called, since when it is there and when it was last seen, and which key it signs with. */
export function DeviceRow({ device, stranger, onRevoke }: DeviceRowProps) {
  const [renaming, setRenaming] = useState(false);
  return (
    <li class={classes('device', device.current && 'device-current', stranger && 'device-stranger')} data-testid="device">
      <span class="device-icon">
        <Icon name="device" />
      </span>
      <div class="device-body">
        {renaming ? (
          <RenameDevice device={device} onDone={() => setRenaming(false)} />
        ) : (
          <div class="device-head">
            <h3 class="device-name">{device.name}</h3>
            {device.current && <span class="device-badge">{t.thisDevice}</span>}
            <span class="device-actions">
              <Button small icon="edit" aria-label={t.renameOf(device.name)} title={t.rename} onClick={() => setRenaming(true)} />
              <Button small aria-label={t.revokeOf(device.name)} class="device-revoke" onClick={onRevoke}>
                {t.revoke}
              </Button>
            </span>
          </div>
        )}
        <DeviceFacts device={device} />
      </div>
    </li>
  );
}

function DeviceFacts({ device }: { device: Device }) {
  const bank = useBank();
  const print = useKeyPrint(device.publicKey);
  return (
    <dl class="device-facts">
      <div>
        <dt>{t.seen}</dt>
        <dd>{device.current ? <CurrentState /> : <Moment us={device.lastSeenAtUs} nowMs={() => bank.client.serverNowMs()} />}</dd>
      </div>
      <div>
        <dt>{t.enrolled}</dt>
        <dd>
          <Time us={device.createdAtUs} show="day" />
        </dd>
      </div>
      <div>
        <dt>{t.key}</dt>
        <dd>{algorithmName(device.algorithm)}</dd>
      </div>
      <div class="device-print">
        <dt>{t.keyPrint}</dt>
        <dd class="figures">{print}</dd>
      </div>
    </dl>
  );
}

function CurrentState() {
  const live = useBank().freshness.value.kind === 'live';
  return <span class={classes(live && 'device-live')}>{live ? t.activeNow : t.notConnected}</span>;
}

function useKeyPrint(publicKey: Uint8Array): string {
  const [print, setPrint] = useState('');
  useEffect(() => {
    let here = true;
    void keyPrint(publicKey).then((text) => here && setPrint(text));
    return () => {
      here = false;
    };
  }, [publicKey]);
  return print;
}
