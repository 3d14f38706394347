import { useRef } from 'preact/hooks';
import { MoneyField } from '../../ui/index.ts';
import { regroupAmount } from './amount.ts';
import { t } from './text.ts';

interface AmountFieldProps {
  label?: string;
  value: string;
  onValue: (text: string) => void;
  currency: string;
  hint?: string;
  error?: string | undefined;
  large?: boolean;
  aside?: string;
  onLeave?: () => void;
}

/** The amount, its thousands grouped while it is typed, with the caret where the person left it. */
export function AmountField({ label, value, onValue, currency, hint, error, large, aside, onLeave }: AmountFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  const write = (text: string) => {
    const element = input.current;
    const { text: grouped, caret } = regroupAmount(text, element?.selectionStart ?? text.length, value);
    if (element !== null && element.value !== grouped) {
      element.value = grouped; // before the next paint, so that the caret is never seen elsewhere
      element.setSelectionRange(caret, caret);
    }
    onValue(grouped);
  };
  return (
    <MoneyField
      label={label ?? t.amount}
      name="amount"
      currency={currency}
      large={large === true}
      value={value}
      onValue={write}
      inputRef={input}
      hint={hint}
      error={error}
      enterKeyHint="next"
      {...(aside === undefined ? {} : { aside })}
      onBlur={() => {
        if (value.trim() !== '') onLeave?.();
      }}
    />
  );
}
