import { classes } from './classes.ts';

/** Strokes on a grid of 24, drawn in the text's colour. */
const paths = {
  accounts: ['M3 10.5 12 4l9 6.500', 'M5 10v9h14v-9', 'M9.500 19v-5h5v5'],
  movements: ['M4 8h13', 'm13.500 4.500 3.500 3.500-3.500 3.500', 'M20 16H7', 'm10.500 12.500-3.500 3.500 3.500 3.500'],
  send: ['M20.500 3.500 10 14', 'm20.500 3.500-6.500 17-4-6.500-6.500-4z'],
  security: ['M12 3 5 5.500v5.500c0 4.600 2.900 8 7 10 4.100-2 7-5.400 7-10V5.500z', 'm9 11.500 2.200 2.200L15.200 9.700'],
  teller: ['M4 10h16v9H4z', 'M8 10V6h8v4', 'M12 13v3'],
  plus: ['M12 5v14', 'M5 12h14'],
  check: ['m5 12.500 4.500 4.500L19 7.500'],
  close: ['m6 6 12 12', 'M18 6 6 18'],
  copy: ['M9 9h10v10H9z', 'M15 9V5H5v10h4'],
  download: ['M12 4v11', 'm7.500 10.500 4.500 4.500 4.500-4.500', 'M5 19.500h14'],
  chevron: ['m9 5.500 6.500 6.500L9 18.500'],
  back: ['M15 5.500 8.500 12l6.500 6.500'],
  arrowIn: ['M17.500 6.500 7 17', 'M7 9v8h8'],
  arrowOut: ['M6.500 17.500 17 7', 'M9 7h8v8'],
  search: ['M11 4.500a6.500 6.500 0 1 1 0 13 6.500 6.500 0 0 1 0-13z', 'm16 16 4.500 4.500'],
  warning: ['M12 4 2.800 19.500h18.400z', 'M12 10v4.500', 'M12 17.200v.1'],
  info: ['M12 3.500a8.500 8.500 0 1 1 0 17 8.500 8.500 0 0 1 0-17z', 'M12 11v5.500', 'M12 7.700v.1'],
  eye: ['M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12z', 'M12 9.200a2.800 2.800 0 1 1 0 5.600 2.800 2.800 0 0 1 0-5.600z'],
  eyeOff: ['M9.900 5.800A9 9 0 0 1 12 5.500c6 0 9.500 6.500 9.500 6.500a17 17 0 0 1-2.700 3.400', 'M6.300 7.300A16 16 0 0 0 2.500 12S6 18.500 12 18.500c1.600 0 3-.4 4.300-1.100', 'm4 4 16 16'],
  device: ['M4 5h16v11H4z', 'M9 20h6', 'M12 16v4'],
  key: ['M8 10.500a4 4 0 1 1 0 8 4 4 0 0 1 0-8z', 'm11 11.500 8-8', 'm16 6.500 2.500 2.500', 'm13.500 9 2 2'],
  lock: ['M6 11h12v9H6z', 'M8.500 11V7.500a3.500 3.500 0 0 1 7 0V11'],
  clock: ['M12 3.500a8.500 8.500 0 1 1 0 17 8.500 8.500 0 0 1 0-17z', 'M12 7.500V12l3 2'],
  retry: ['M19.500 12a7.500 7.500 0 1 1-2.200-5.300L19.500 9', 'M19.500 4v5h-5'],
  out: ['M14 5H5v14h9', 'M10.500 12H20', 'm16.500 8.500 3.500 3.500-3.500 3.500'],
  edit: ['m14.500 6.500 3 3', 'M5 19l1-4L16 5l3 3L9 18z'],
  dots: ['M5.500 12h.1', 'M12 12h.1', 'M18.500 12h.1'],
  sun: ['M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8z', 'M12 2.500v2', 'M12 19.500v2', 'M2.500 12h2', 'M19.500 12h2', 'm5.300 5.300 1.400 1.400', 'm17.300 17.300 1.400 1.400', 'm18.700 5.300-1.400 1.400', 'm6.700 17.300-1.400 1.400'],
  moon: ['M19.500 14.500A8 8 0 0 1 9.500 4.500a8 8 0 1 0 10 10z'],
  system: ['M4 5h16v11H4z', 'M8 20h8'],
  keyboard: ['M3 7h18v11H3z', 'M7 11h.1', 'M12 11h.1', 'M17 11h.1', 'M8 14.500h8'],
  person: ['M12 4.500a3.800 3.800 0 1 1 0 7.600 3.800 3.800 0 0 1 0-7.600z', 'M4.500 20c.6-3.800 3.500-5.500 7.500-5.500s6.900 1.700 7.500 5.500'],
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
      <path d="M6 12.500c3.300-4 6.700-4 10 0s6.700 4 10 0" />
      <path class="mark-second" d="M6 20.500c3.300-4 6.700-4 10 0s6.700 4 10 0" />
    </svg>
  );
}
