import { useId } from 'preact/hooks';
import { FieldFrame, isSaid, type LabelledProps } from './field.tsx';
import { Icon } from './icons.tsx';

export interface Choice<V extends string = string> {
  value: V;
  label: string;
  disabled?: boolean;
}

interface SelectProps<V extends string> extends LabelledProps {
  value: V;
  onValue: (value: V) => void;
  choices: readonly Choice<V>[];
  id?: string;
  name?: string;
  disabled?: boolean;
  'data-testid'?: string;
}

/** The browser's own list of choices, which every device knows how to show. */
export function Select<V extends string>(props: SelectProps<V>) {
  const { label, hint, error, aside, plain, class: extra, value, onValue, choices, ...select } = props;
  const made = useId();
  const id = select.id ?? `field-${made}`;
  return (
    <FieldFrame id={id} {...{ label, hint, error, aside, plain, class: extra }}>
      <span class="field-box">
        <select
          {...select}
          id={id}
          class="input"
          value={value}
          aria-invalid={isSaid(error) ? true : undefined}
          aria-describedby={plain === true ? undefined : `${id}-message`}
          onChange={(event) => {
            const chosen = choices.find((choice) => choice.value === event.currentTarget.value);
            if (chosen !== undefined) {
              onValue(chosen.value);
            }
          }}
        >
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value} disabled={choice.disabled === true}>
              {choice.label}
            </option>
          ))}
        </select>
        <Icon name="chevron" class="select-arrow" />
      </span>
    </FieldFrame>
  );
}
