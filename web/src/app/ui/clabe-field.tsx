import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { caretAfter, clabeDigits, clabeOf, groupClabe } from './clabe-text.ts';
import { classes } from './classes.ts';
import { FieldFrame, isSaid, type LabelledProps } from './field.tsx';

interface ClabeFieldProps extends LabelledProps {
  /** The digits alone. */
  value: string;
  /** Gets the digits alone, at most 18. */
  onValue: (digits: string) => void;
  id?: string;
  name?: string;
  required?: boolean;
  autofocus?: boolean;
  disabled?: boolean;
  onBlur?: () => void;
  'data-testid'?: string;
}

/** A field for a CLABE: grouped while it is typed, whatever was pasted, with the caret where the person left it. */
export function ClabeField({ label, hint, error, aside, plain, class: extra, value, onValue, onBlur, ...input }: ClabeFieldProps) {
  const made = useId();
  const id = input.id ?? `field-${made}`;
  const field = useRef<HTMLInputElement>(null);
  const caret = useRef<number | undefined>(undefined);
  const grouped = groupClabe(value);
  useLayoutEffect(() => {
    const element = field.current;
    if (element !== null && caret.current !== undefined) {
      const at = caretAfter(caret.current, grouped);
      caret.current = undefined;
      element.setSelectionRange(at, at);
    }
  });
  return (
    <FieldFrame id={id} {...{ label, hint, error, aside, plain, class: extra }}>
      <span class="field-box">
        <input
          type="text"
          autocomplete="off"
          spellcheck={false}
          placeholder="000 000 00000000000 0"
          {...input}
          id={id}
          ref={field}
          class={classes('input', 'figures')}
          inputMode="numeric"
          maxLength={64}
          value={grouped}
          aria-invalid={isSaid(error) ? true : undefined}
          aria-describedby={plain === true ? undefined : `${id}-message`}
          onInput={(event) => {
            const element = event.currentTarget;
            const before = element.value.slice(0, element.selectionStart ?? element.value.length);
            const digits = clabeOf(element.value);
            caret.current = Math.min(clabeOf(before).length, clabeDigits);
            element.value = groupClabe(digits);
            const at = caretAfter(caret.current, element.value);
            element.setSelectionRange(at, at);
            onValue(digits);
          }}
          onBlur={() => onBlur?.()}
        />
      </span>
    </FieldFrame>
  );
}
