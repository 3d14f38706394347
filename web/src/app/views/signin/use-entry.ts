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
  // Not the words but how they come about: whoever switches the language reads them in the other one.
  const [told, setTold] = useState<{ faults: () => Faults; cleared: readonly EntryField[] }>(nothing);
  const faults = without(told.faults(), told.cleared);
  const [busy, setBusy] = useState(false);
  const inputs = useRef<Partial<Record<EntryField, HTMLInputElement>>>({});
  const show = (tell: () => Faults): boolean => {
    const found = tell();
    setTold({ faults: tell, cleared: [] });
    const wrong = order.find((field) => found[field] !== undefined);
    if (wrong !== undefined) {
      inputs.current[wrong]?.focus();
      inputs.current[wrong]?.select();
    }
    return Object.keys(found).length > 0;
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy) {
      return;
    }
    if (show(check)) {
      return;
    }
    setBusy(true);
    try {
      await send();
    } catch (error) {
      setBusy(false);
      show(() => faultsOf(error));
      return;
    }
    setBusy(false);
  };
  return {
    faults,
    busy,
    submit,
    /** What a field of the form needs: its message, which goes when the person corrects it, and the way to its input. */
    field: (name: EntryField, set: (text: string) => void) => ({
      error: faults[name],
      inputRef: (element: HTMLInputElement | null) => {
        if (element !== null) {
          inputs.current[name] = element;
        }
      },
      onValue: (text: string) => {
        set(text);
        setTold((now) => ({ ...now, cleared: [...now.cleared, name] }));
      },
    }),
  };
}

const nothing = { faults: (): Faults => ({}), cleared: [] };

/** The faults that are left once some fields were corrected: what was said of the whole form goes with the first. */
function without({ form, ...rest }: Faults, cleared: readonly EntryField[]): Faults {
  if (cleared.length === 0) {
    return form === undefined ? rest : { ...rest, form };
  }
  const left: Faults = { ...rest };
  cleared.forEach((field) => delete left[field]);
  return left;
}
