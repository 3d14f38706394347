import { classes } from './classes.ts';

/** Strokes on a grid of 24, drawn in the text's colour. */
const paths = {
  accounts: ['M3 10.5 12 4l9 6.5', 'M5 10v9h14v-9', 'M9.5 19v-5h5v5'],
  movements: ['M4 8h13', 'm13.5 4.5 3.5 3.5-3.5 3.5', 'M20 16H7', 'm10.5 12.5-3.5 3.5 3.5 3.5'],
  send: ['M20.5 3.5 10 14', 'm20.5 3.5-6.5 17-4-6.5-6.5-4z'],
  security: ['M12 3 5 5.5v5.5c0 4.6 2.9 8 7 10 4.1-2 7-5.4 7-10V5.5z', 'm9 11.5 2.2 2.2L15.2 9.7'],
  teller: ['M4 10h16v9H4z', 'M8 10V6h8v4', 'M12 13v3'],
  plus: ['M12 5v14', 'M5 12h14'],
  check: ['m5 12.5 4.5 4.5L19 7.5'],
  close: ['m6 6 12 12', 'M18 6 6 18'],
  copy: ['M9 9h10v10H9z', 'M15 9V5H5v10h4'],
  download: ['M12 4v11', 'm7.5 10.5 4.5 4.5 4.5-4.5', 'M5 19.5h14'],
  chevron: ['m9 5.5 6.5 6.5L9 18.5'],
  back: ['M15 5.5 8.5 12l6.5 6.5'],
  arrowIn: ['M17.5 6.5 7 17', 'M7 9v8h8'],
  arrowOut: ['M6.5 17.5 17 7', 'M9 7h8v8'],
  search: ['M11 4.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13z', 'm16 16 4.5 4.5'],
  warning: ['M12 4 2.8 19.5h18.4z', 'M12 10v4.5', 'M12 17.2v.1'],
  info: ['M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17z', 'M12 11v5.5', 'M12 7.7v.1'],
  eye: ['M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z', 'M12 9.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6z'],
  eyeOff: ['M9.9 5.8A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-2.7 3.4', 'M6.3 7.3A16 16 0 0 0 2.5 12S6 18.5 12 18.5c1.6 0 3-.4 4.3-1.1', 'm4 4 16 16'],
  device: ['M4 5h16v11H4z', 'M9 20h6', 'M12 16v4'],
  key: ['M8 10.5a4 4 0 1 1 0 8 4 4 0 0 1 0-8z', 'm11 11.5 8-8', 'm16 6.5 2.5 2.5', 'm13.5 9 2 2'],
  lock: ['M6 11h12v9H6z', 'M8.5 11V7.5a3.5 3.5 0 0 1 7 0V11'],
  clock: ['M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17z', 'M12 7.5V12l3 2'],
  retry: ['M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9', 'M19.5 4v5h-5'],
  out: ['M14 5H5v14h9', 'M10.5 12H20', 'm16.5 8.5 3.5 3.5-3.5 3.5'],
  edit: ['m14.5 6.5 3 3', 'M5 19l1-4L16 5l3 3L9 18z'],
  sun: ['M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8z', 'M12 2.5v2', 'M12 19.5v2', 'M2.5 12h2', 'M19.5 12h2', 'm5.3 5.3 1.4 1.4', 'm17.3 17.3 1.4 1.4', 'm18.7 5.3-1.4 1.4', 'm6.7 17.3-1.4 1.4'],
  moon: ['M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z'],
  system: ['M4 5h16v11H4z', 'M8 20h8'],
  sliders: ['M4 8h9', 'M19 8h1', 'M16 5.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z', 'M20 16h-9', 'M5 16H4', 'M8 13.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z'],
  keyboard: ['M3 7h18v11H3z', 'M7 11h.1', 'M12 11h.1', 'M17 11h.1', 'M8 14.5h8'],
  person: ['M12 4.5a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6z', 'M4.5 20c.6-3.8 3.5-5.5 7.5-5.5s6.9 1.7 7.5 5.5'],
} as const satisfies Record<string, readonly string[]>;

/** The name of an icon. */
export type IconName = keyof typeof paths;

/** An icon as large as the text around it. Without a label it is decoration, and what it means stands beside it. */
export function Icon({ name, label, class: extra }: { name: IconName; label?: string; class?: string }) {
  const meaning = label === undefined ? { 'aria-hidden': true } : { role: 'img' as const, 'aria-label': label };
  return (
    <svg class={classes('icon', extra)} viewBox="0 0 24 24" focusable="false" {...meaning}>
      {paths[name].map((d) => (
        <path d={d} key={d} />
      ))}
    </svg>
  );
}

/** The bank's mark: two waves of one river. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden focusable="false">
      <rect class="mark-ground" width="32" height="32" rx="8" />
      <path d="M6 12.5c3.3-4 6.7-4 10 0s6.7 4 10 0" />
      <path class="mark-second" d="M6 20.5c3.3-4 6.7-4 10 0s6.7 4 10 0" />
    </svg>
  );
}
