import { useEffect, useRef, useState } from 'preact/hooks';
import type { Device } from '../../../caudal/index.ts';
import { announce } from '../../announce.ts';
import { useBank } from '../../bank.ts';
import { explain } from '../../errors.ts';
import { Button, Field } from '../../ui/index.ts';
import { t } from './text.ts';
import { useCall } from './use-call.ts';

/** Longest name of a device in characters, as the bank has it. */
const nameMax = 60;

/** The name of a device as a field, in the place of the name. Enter saves, Escape leaves it as it was. */
export function RenameDevice({ device, onDone }: { device: Device; onDone: () => void }) {
  const { client } = useBank();
  const [name, setName] = useState(device.name);
  const call = useCall();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const clean = name.normalize('NFC').trim();
  const save = () => {
    if (clean === device.name) {
      onDone();
    } else if (clean !== '') {
      call.run(
        () => client.renameDevice(device.id, clean),
        () => {
          announce(t.renamed(clean));
          onDone();
        },
      );
    }
  };
  return (
    <form
      class="device-rename"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <Field
        label={t.deviceName}
        value={name}
        maxLength={nameMax}
        autocomplete="off"
        enterKeyHint="done"
        inputRef={field}
        hint={t.nameHint}
        error={call.error !== undefined ? explain(call.error) : clean === '' ? t.nameMissing : ''}
        onValue={(text) => {
          setName(text);
          call.clear();
        }}
        onKey={(event) => {
          if (event.key === 'Escape') {
            event.preventDefault();
            onDone();
          }
        }}
      />
      <div class="device-rename-actions">
        <Button kind="primary" type="submit" small busy={call.busy}>
          {t.save}
        </Button>
        <Button small onClick={onDone}>
          {t.cancel}
        </Button>
      </div>
    </form>
  );
}
