import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { classes } from './classes.ts';

interface CardProps {
  /** Makes the card a region of this name, with a heading. */
  title?: ComponentChildren;
  /** The heading's level: 2 unless the card is within a section of its own. */
  level?: 2 | 3;
  /** At the heading's right, such as a button. */
  action?: ComponentChildren;
  /** Without inner space: for lists that reach the edges. */
  flush?: boolean;
  id?: string;
  class?: string;
  'data-testid'?: string;
  children?: ComponentChildren;
}

/** A sheet with a hairline around it. */
export function Card({ title, level = 2, action, flush, class: extra, children, ...rest }: CardProps) {
  const heading = `card-${useId()}`;
  const Heading = `h${level}` as const;
  const named = title === undefined ? {} : { 'aria-labelledby': heading };
  return (
    <section {...rest} {...named} class={classes('card', flush === true && 'card-flush', extra)}>
      {title !== undefined && (
        <div class="card-head">
          <Heading class="card-title" id={heading}>
            {title}
          </Heading>
          {action}
        </div>
      )}
      {children}
    </section>
  );
}
