import { classes } from './classes.ts';
import { t } from './text.ts';

/** Where one is in something that takes several steps; `current` counts from 0. */
export function Steps({ names, current }: { names: readonly string[]; current: number }) {
  return (
    <ol class="steps">
      {names.map((name, i) => (
        <li
          key={name}
          class={classes('step', i < current && 'step-done', i === current && 'step-now')}
          aria-current={i === current ? 'step' : undefined}
        >
          <span class="read">{t.step(i + 1, names.length)}: </span>
          <span>{name}</span>
        </li>
      ))}
    </ol>
  );
}
