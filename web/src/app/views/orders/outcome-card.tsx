import type { ComponentChildren, RefObject } from 'preact';
import { classes, Icon, type IconName } from '../../ui/index.ts';

/** How an order stands, as far as its looks go. */
export type Standing = 'sending' | 'unknown' | 'done' | 'refused';

const icons: Readonly<Record<Standing, IconName>> = { sending: 'send', unknown: 'clock', done: 'check', refused: 'close' };

interface OutcomeCardProps {
  standing: Standing;
  title: ComponentChildren;
  /** Stays the same element while the order settles, so that the focus stays too. */
  heading: RefObject<HTMLHeadingElement | null>;
  actions?: ComponentChildren;
  children?: ComponentChildren;
}

/** What has become of an order, on a sheet of its own. */
export function OutcomeCard({ standing, title, heading, actions, children }: OutcomeCardProps) {
  return (
    <section class={classes('card', 'outcome', `outcome-${standing}`)} data-testid="outcome" data-state={standing}>
      <div class="outcome-head">
        <span class="outcome-mark">
          <Icon key={standing} name={icons[standing]} />
        </span>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
      </div>
      {children}
      {actions !== undefined && <div class="send-actions">{actions}</div>}
    </section>
  );
}
