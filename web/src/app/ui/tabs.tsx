import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { classes } from './classes.ts';
import { Icon, type IconName } from './icons.tsx';

/** Moves along a row of choices by the arrow keys, Home and End; undefined where the key means nothing here. */
export function moved(key: string, at: number, length: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return (at + 1) % length;
    case 'ArrowLeft':
    case 'ArrowUp':
      return (at - 1 + length) % length;
    case 'Home':
      return 0;
    case 'End':
      return length - 1;
    default:
      return undefined;
  }
}

interface TabsProps<V extends string> {
  /** What the tabs choose between, for assistive technology. */
  label: string;
  tabs: readonly { value: V; label: ComponentChildren }[];
  value: V;
  onValue: (value: V) => void;
  /** Prefix of ids: the panel is `${id}-panel`, labelled by `${id}-tab-${value}`. */
  id: string;
  children?: ComponentChildren;
}

/** Tabs with their panel. The arrow keys choose. */
export function Tabs<V extends string>({ label, tabs, value, onValue, id, children }: TabsProps<V>) {
  const row = useRef<HTMLDivElement>(null);
  return (
    <>
      <div
        ref={row}
        class="tabs"
        role="tablist"
        aria-label={label}
        onKeyDown={(event) => {
          const to = moved(event.key, tabs.findIndex((tab) => tab.value === value), tabs.length);
          const chosen = to === undefined ? undefined : tabs[to];
          if (to !== undefined && chosen !== undefined) {
            event.preventDefault();
            onValue(chosen.value);
            row.current?.querySelectorAll('button')[to]?.focus();
          }
        }}
      >
        {tabs.map((tab) => (
          <button
            key={tab.value}
            type="button"
            role="tab"
            id={`${id}-tab-${tab.value}`}
            class={classes('tab', tab.value === value && 'tab-now')}
            aria-selected={tab.value === value}
            aria-controls={`${id}-panel`}
            tabIndex={tab.value === value ? 0 : -1}
            onClick={() => onValue(tab.value)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-tab-${value}`}>
        {children}
      </div>
    </>
  );
}

interface SegmentedProps<V extends string> {
  label: string;
  choices: readonly { value: V; label: string; icon?: IconName }[];
  value: V;
  onValue: (value: V) => void;
  /** Only the icons are shown; the labels are read. */
  iconsOnly?: boolean;
  small?: boolean;
}

/** A few choices of which one holds, side by side: radio buttons, so the arrow keys choose. */
export function Segmented<V extends string>({ label, choices, value, onValue, iconsOnly, small }: SegmentedProps<V>) {
  const row = useRef<HTMLDivElement>(null);
  return (
    <div
      ref={row}
      class={classes('segmented', small === true && 'segmented-small')}
      role="radiogroup"
      aria-label={label}
      onKeyDown={(event) => {
        const to = moved(event.key, choices.findIndex((choice) => choice.value === value), choices.length);
        const chosen = to === undefined ? undefined : choices[to];
        if (to !== undefined && chosen !== undefined) {
          event.preventDefault();
          onValue(chosen.value);
          row.current?.querySelectorAll('button')[to]?.focus();
        }
      }}
    >
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          role="radio"
          class="segment"
          aria-checked={choice.value === value}
          tabIndex={choice.value === value ? 0 : -1}
          {...(iconsOnly === true ? { 'aria-label': choice.label, title: choice.label } : {})}
          onClick={() => onValue(choice.value)}
        >
          {choice.icon !== undefined && <Icon name={choice.icon} />}
          {iconsOnly !== true && <span>{choice.label}</span>}
        </button>
      ))}
    </div>
  );
}
