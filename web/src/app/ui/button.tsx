import type { ComponentChildren, Ref, TargetedMouseEvent } from 'preact';
import { classes } from './classes.ts';
import { Icon, type IconName } from './icons.tsx';

/** What a button looks like: the one that a page is about, one beside it, one that does harm. */
export type ButtonKind = 'primary' | 'quiet' | 'danger';

export interface ButtonProps {
  kind?: ButtonKind;
  /** Its work is under way: it stays where it is and as wide as it is, and takes no second press. */
  busy?: boolean;
  disabled?: boolean;
  type?: 'button' | 'submit';
  icon?: IconName;
  /** As wide as what is around it. */
  wide?: boolean;
  small?: boolean;
  id?: string;
  class?: string;
  form?: string;
  title?: string;
  autofocus?: boolean;
  'aria-label'?: string;
  'aria-expanded'?: boolean;
  'aria-controls'?: string;
  'aria-pressed'?: boolean;
  'aria-describedby'?: string;
  'data-testid'?: string;
  buttonRef?: Ref<HTMLButtonElement>;
  onClick?: (event: TargetedMouseEvent<HTMLButtonElement>) => void;
  children?: ComponentChildren;
}

/** A button. While busy it keeps the focus, so that a person who uses the keyboard is not thrown to the top of the page. */
export function Button(props: ButtonProps) {
  const { kind = 'quiet', busy, disabled, type = 'button', icon, wide, small, class: extra, buttonRef, onClick, children, ...rest } = props;
  return (
    <button
      {...rest}
      {...(buttonRef === undefined ? {} : { ref: buttonRef })}
      type={type}
      class={classes('button', `button-${kind}`, wide && 'button-wide', small && 'button-small', children === undefined && 'button-icon', extra)}
      disabled={disabled === true}
      aria-disabled={busy === true ? true : undefined}
      aria-busy={busy === true ? true : undefined}
      onClick={(event) => {
        if (busy === true) {
          event.preventDefault();
        } else {
          onClick?.(event);
        }
      }}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children !== undefined && <span class="button-label">{children}</span>}
      {busy === true && <span class="button-busy" aria-hidden />}
    </button>
  );
}
