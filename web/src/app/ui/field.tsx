import type { ComponentChildren, Ref } from 'preact';
import { useId } from 'preact/hooks';
import { classes } from './classes.ts';
import { Icon } from './icons.tsx';

/** What the inputs of the kit understand; everything else is the kit's business. */
export interface InputProps {
  value: string;
  onValue: (text: string) => void;
  name?: string;
  type?: 'text' | 'password' | 'search' | 'date' | 'email';
  id?: string;
  autocomplete?: string;
  autocapitalize?: 'none' | 'words' | 'sentences';
  spellcheck?: boolean;
  inputMode?: 'text' | 'decimal' | 'numeric' | 'search';
  enterKeyHint?: 'next' | 'done' | 'go' | 'search' | 'send';
  maxLength?: number;
  placeholder?: string;
  required?: boolean;
  disabled?: boolean;
  readOnly?: boolean;
  autofocus?: boolean;
  min?: string;
  max?: string;
  inputRef?: Ref<HTMLInputElement>;
  onBlur?: () => void;
  onKey?: (event: KeyboardEvent) => void;
  'aria-label'?: string;
  'data-testid'?: string;
}

export interface LabelledProps {
  label: ComponentChildren;
  /** What is expected, said before anything went wrong. */
  hint?: ComponentChildren;
  /** What is wrong, in the hint's place. */
  error?: ComponentChildren;
  /** Beside the label, such as "optional". */
  aside?: ComponentChildren;
  /** No line of message is reserved: for fields that cannot be wrong. */
  plain?: boolean;
  class?: string;
}

export interface FieldProps extends InputProps, LabelledProps {
  /** Within the field's frame, before what is typed. */
  before?: ComponentChildren;
  /** Within the field's frame, after what is typed. */
  after?: ComponentChildren;
  /** Set in figures of equal width. */
  figures?: boolean;
}

/** A labelled text field. Its message has a line of its own from the start, so that an error moves nothing. */
export function Field({ label, hint, error, aside, plain, class: extra, before, after, figures, ...input }: FieldProps) {
  const made = useId();
  const id = input.id ?? `field-${made}`;
  return (
    <FieldFrame id={id} {...{ label, hint, error, aside, plain: plain === true, class: extra }}>
      <span class="field-box">
        {before !== undefined && <span class="field-before">{before}</span>}
        <FieldInput {...input} id={id} invalid={isSaid(error)} described={!plain} figures={figures === true} />
        {after !== undefined && <span class="field-after">{after}</span>}
      </span>
    </FieldFrame>
  );
}

/** The label above and the message below a control of id `id`, which points to the message as `${id}-message`. */
export function FieldFrame(
  props: { id: string; children: ComponentChildren } & { [K in keyof LabelledProps]: LabelledProps[K] | undefined },
) {
  const { id, label, hint, error, aside, plain, class: extra, children } = props;
  const wrong = isSaid(error);
  return (
    <div class={classes('field', wrong && 'field-wrong', extra)}>
      <div class="field-head">
        <label for={id}>{label}</label>
        {aside !== undefined && <span class="field-aside">{aside}</span>}
      </div>
      {children}
      {plain !== true && (
        <p class="field-message" id={`${id}-message`}>
          {wrong && <Icon name="warning" />}
          <span>{wrong ? error : hint}</span>
        </p>
      )}
    </div>
  );
}

/** Whether a message says anything. */
export function isSaid(message: ComponentChildren): boolean {
  return message !== undefined && message !== null && message !== false && message !== '';
}

interface FieldInputProps extends InputProps {
  id: string;
  invalid: boolean;
  described: boolean;
  figures?: boolean;
}

/** The bare input of a field. */
function FieldInput({ invalid, described, figures, inputRef, onValue, onBlur, onKey, id, ...input }: FieldInputProps) {
  return (
    <input
      type="text"
      {...(input as object)}
      {...(inputRef === undefined ? {} : { ref: inputRef })}
      id={id}
      class={classes('input', figures === true && 'figures')}
      aria-invalid={invalid ? true : undefined}
      aria-describedby={described ? `${id}-message` : undefined}
      onInput={(event) => onValue(event.currentTarget.value)}
      onBlur={() => onBlur?.()}
      onKeyDown={(event) => onKey?.(event)}
    />
  );
}
