import { useRef, useState } from 'preact/hooks';
import { Code } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { BankError } from '../../../caudal/index.ts';
import { explain } from '../../errors.ts';
import { t } from './text.ts';

/** The fields of both forms. */
export type EntryField = 'owner' | 'username' | 'password';

/** Why a form was not accepted: a message beside each field, or one for all of it. */
export type Faults = Partial<Record<EntryField | 'form', string>>;

/** Where a refusal of the bank belongs. */
export function faultsOf(error: unknown): Faults {
  if (error instanceof BankError) {
    switch (error.code) {
      case Code.USERNAME_TAKEN:
        return { username: t.usernameTaken };
      case Code.INVALID_PASSWORD:
        return { password: explain(error) };
      case Code.BAD_CREDENTIALS:
        return { password: t.badCredentials };
    }
  }
  return { form: explain(error) };
}

/**
 * Sends a form once at a time: first `check`, then `send`; what is wrong is shown, and the first field that it is about
 * gets the focus.
 */
export function useEntry(order: readonly EntryField[], check: () => Faults, send: () => Promise<unknown>) {
  const [faults, setFaults] = useState<Faults>({});
  const [busy, setBusy] = useState(false);
  const inputs = useRef<Partial<Record<EntryField, HTMLInputElement>>>({});
  const show = (found: Faults) => {
    setFaults(found);
    const wrong = order.find((field) => found[field] !== undefined);
    if (wrong !== undefined) {
      inputs.current[wrong]?.focus();
      inputs.current[wrong]?.select();
    }
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy) {
      return;
    }
    const found = check();
    show(found);
    if (Object.keys(found).length > 0) {
      return;
    }
    setBusy(true);
    try {
      await send();
    } catch (error) {
      setBusy(false);
      show(faultsOf(error));
      return;
    }
    setBusy(false);
  };
  return {
    faults,
    busy,
    submit,
    /** Takes a message away, when the person corrects the field. */
    clear: (field: EntryField) => setFaults(({ [field]: _, form: __, ...rest }) => rest),
    /** The ref of a field's input. */
    input: (field: EntryField) => (element: HTMLInputElement | null) => {
      if (element !== null) {
        inputs.current[field] = element;
      }
    },
  };
}
