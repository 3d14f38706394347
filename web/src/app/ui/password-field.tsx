import { useState } from 'preact/hooks';
import { Field, isSaid, type FieldProps } from './field.tsx';
import { Icon } from './icons.tsx';
import { t } from './text.ts';

type PasswordFieldProps = Omit<FieldProps, 'type' | 'after' | 'autocomplete'> & {
  autocomplete: 'current-password' | 'new-password';
};

/** A field for a password: it can be shown, pasting is welcome, and Caps Lock is mentioned. */
export function PasswordField({ hint, ...props }: PasswordFieldProps) {
  const [shown, setShown] = useState(false);
  const [caps, setCaps] = useState(false);
  const message = caps && !isSaid(props.error) ? { hint: t.capsLock } : hint === undefined ? {} : { hint };
  return (
    <Field
      {...props}
      {...message}
      type={shown ? 'text' : 'password'}
      autocapitalize="none"
      spellcheck={false}
      onKey={(event) => {
        setCaps(event.getModifierState('CapsLock'));
        props.onKey?.(event);
      }}
      onBlur={() => {
        setCaps(false);
        props.onBlur?.();
      }}
      after={
        <button
          type="button"
          class="field-action"
          aria-pressed={shown}
          aria-label={shown ? t.hidePassword : t.showPassword}
          title={shown ? t.hidePassword : t.showPassword}
          onClick={() => setShown(!shown)}
        >
          <Icon name={shown ? 'eyeOff' : 'eye'} />
        </button>
      }
    />
  );
}
