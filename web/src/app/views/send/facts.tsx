import type { ComponentChildren } from 'preact';

/** A list of what something consists of: pairs of a name and a value. */
export function Facts({ children }: { children: ComponentChildren }) {
  return <dl class="facts">{children}</dl>;
}

/** One pair. */
export function Fact({ name, note, children }: { name: string; note?: ComponentChildren; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
      {note !== undefined && <dd class="fact-note">{note}</dd>}
    </div>
  );
}
