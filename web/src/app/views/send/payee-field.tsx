import { useRef } from 'preact/hooks';
import { useBank } from '../../bank.ts';
import { Field } from '../../ui/index.ts';
import type { Desk } from './desk.ts';
import { readPayee, regroup } from './payee.ts';
import { t } from './text.ts';
import { payeeError, payeeHint, type Strictness } from './words.ts';

interface PayeeFieldProps {
  desk: Desk;
  text: string;
  strict: Strictness;
  onLeave: () => void;
}

/** The one field for whom to pay: a CLABE, grouped and checked while it is typed, or a @username. */
export function PayeeField({ desk, text, strict, onLeave }: PayeeFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  const typed = readPayee(text, useBank().accounts.value.map(({ clabe }) => clabe));
  const write = (value: string) => {
    const element = input.current;
    const { text: grouped, caret } = regroup(value, element?.selectionStart ?? value.length);
    if (element !== null && grouped !== value) {
      element.value = grouped; // before the next paint, so that the caret is never seen elsewhere
      element.setSelectionRange(caret, caret);
    }
    desk.edit({ payee: grouped });
  };
  return (
    <Field
      label={t.payee}
      name="payee"
      value={text}
      onValue={write}
      inputRef={input}
      hint={payeeHint(typed)}
      error={payeeError(desk.checked.value.problems.payee, typed, desk.lookup.value, strict)}
      autocomplete="off"
      autocapitalize="none"
      spellcheck={false}
      enterKeyHint="next"
      maxLength={64}
      figures
      onKey={(event) => {
        if (event.key === 'Enter') desk.lookUpNow();
      }}
      onBlur={() => {
        if (text.trim() !== '') onLeave();
        desk.lookUpNow();
      }}
    />
  );
}
