import { Role } from '../../caudal/gen/caudal/v1/caudal_pb.ts';
import type { Route, ViewName } from '../router.ts';
import type { IconName } from '../ui/icons.tsx';

/** A place that the navigation leads to. */
export interface Place {
  readonly view: Exclude<ViewName, 'signin' | 'open'>;
  readonly to: string;
  readonly icon: IconName;
  /** After `g`, the letter that goes there. */
  readonly key: string;
}

const everybody: readonly Place[] = [
  { view: 'accounts', to: '/', icon: 'accounts', key: 'a' },
  { view: 'movements', to: '/movements', icon: 'movements', key: 'm' },
  { view: 'send', to: '/send', icon: 'send', key: 's' },
  { view: 'security', to: '/security', icon: 'security', key: 'k' },
];

const counter: Place = { view: 'teller', to: '/teller', icon: 'teller', key: 't' };

/** The places of whoever has this role. */
export function placesOf(role: Role): readonly Place[] {
  return role === Role.TELLER || role === Role.ADMIN ? [...everybody, counter] : everybody;
}

/** Whether a route belongs to a place: opening an account belongs to the accounts. */
export function isAt(route: Route, place: Place): boolean {
  return route.view === place.view || (route.view === 'open' && place.view === 'accounts');
}

/** What counts as another page for whoever listens to it: within one, the view itself moves the focus. */
export function pageOf(route: Route): string {
  return route.view === 'accounts' ? `accounts ${route.parts[1] ?? ''}` : `${route.view} ${route.parts[0] ?? ''}`;
}
