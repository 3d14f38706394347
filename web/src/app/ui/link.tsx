import type { ComponentChildren } from 'preact';
import { classes } from './classes.ts';

export interface LinkProps {
  /** A path of the router, such as `/send`. */
  to: string;
  class?: string;
  /** Looks like a button of this kind. */
  button?: 'primary' | 'quiet';
  'aria-current'?: 'page' | undefined;
  'aria-label'?: string;
  onClick?: () => void;
  children?: ComponentChildren;
}

/** A link to another view: a real one, that can be opened in a new tab. */
export function Link({ to, class: extra, button, children, ...rest }: LinkProps) {
  const look = button === undefined ? extra : classes('button', `button-${button}`, extra);
  return (
    <a {...rest} href={`#${to}`} {...(look === undefined ? {} : { class: look })}>
      {children}
    </a>
  );
}
