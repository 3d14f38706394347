import type { ComponentChildren } from 'preact';
import { classes } from './classes.ts';
import { Icon, type IconName } from './icons.tsx';

/** How much a banner wants: to tell, to warn, to stop, to say that something worked. */
export type Tone = 'note' | 'caution' | 'danger' | 'done';

const icons: Record<Tone, IconName> = { note: 'info', caution: 'clock', danger: 'warning', done: 'check' };

interface BannerProps {
  tone?: Tone;
  title?: ComponentChildren;
  icon?: IconName;
  action?: ComponentChildren;
  class?: string;
  /** `alert` only for what happened just now because of what the person did. */
  role?: 'alert' | 'status';
  'data-testid'?: string;
  children?: ComponentChildren;
}

/** A message that stays with what it is about. */
export function Banner({ tone = 'note', title, icon, action, class: extra, children, ...rest }: BannerProps) {
  return (
    <div {...rest} class={classes('banner', `banner-${tone}`, extra)}>
      <Icon name={icon ?? icons[tone]} />
      <div class="banner-text">
        {title !== undefined && <p class="banner-title">{title}</p>}
        {children !== undefined && <div>{children}</div>}
      </div>
      {action !== undefined && <div class="banner-action">{action}</div>}
    </div>
  );
}
