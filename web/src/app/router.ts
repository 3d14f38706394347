import { signal, type ReadonlySignal } from '@preact/signals';

/** The folders of views/, by which app.tsx finds the code that draws a route. */
export type ViewName = 'accounts' | 'movements' | 'send' | 'open' | 'security' | 'teller' | 'signin';

/** Where the person is: a hash route, taken apart. */
export interface Route {
  readonly view: ViewName;
  /** From the slash on, such as `/movements/032180000118359719/7`; without a query. */
  readonly path: string;
  /** What stands between the slashes, decoded: `["movements", "032180000118359719", "7"]`. Empty for `/`. */
  readonly parts: readonly string[];
  /** What stands after a `?`. */
  readonly query: URLSearchParams;
}

const viewOf: Readonly<Record<string, ViewName>> = {
  '': 'accounts',
  account: 'accounts',
  movements: 'movements',
  send: 'send',
  open: 'open',
  security: 'security',
  teller: 'teller',
  signin: 'signin',
  register: 'signin',
};

/** Longer than any route of ours; a longer hash is none. */
const hashMax = 512;

/** Takes a location's hash apart. Whatever is no route of ours is the accounts. */
export function parseHash(hash: string): Route {
  const [path = '', search = ''] = (hash.length > hashMax ? '' : hash).replace(/^#/, '').split('?', 2);
  const raw = path.split('/').filter((part) => part !== '');
  const parts = raw.map(decode);
  const name = parts[0] ?? '';
  const view = Object.hasOwn(viewOf, name) ? viewOf[name] : undefined;
  if (view === undefined || parts.includes(undefined)) {
    return { view: 'accounts', path: '/', parts: [], query: new URLSearchParams() };
  }
  return {
    view,
    path: `/${raw.join('/')}`,
    parts: parts.filter((part) => part !== undefined),
    query: new URLSearchParams(search),
  };
}

const current = signal<Route>(parseHash(typeof location === 'undefined' ? '' : location.hash));

/** Where the person is now. */
export const route: ReadonlySignal<Route> = current;

/** Follows the address bar. Call once, in a page; returns how to stop. */
export function followHash(): () => void {
  const follow = () => {
    current.value = parseHash(location.hash);
  };
  follow();
  addEventListener('hashchange', follow);
  return () => removeEventListener('hashchange', follow);
}

/** Goes to a path, such as `/send`. With `replace`, the back button does not return to where the person was. */
export function go(path: string, options: { replace?: boolean } = {}): void {
  if (options.replace === true) {
    history.replaceState(history.state, '', `#${path}`);
    current.value = parseHash(location.hash);
  } else {
    location.hash = path;
  }
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
