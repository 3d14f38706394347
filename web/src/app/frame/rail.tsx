import { useState } from 'preact/hooks';
import type { Session } from '../../caudal/index.ts';
import { route } from '../router.ts';
import { Button, Dialog, Icon, Link } from '../ui/index.ts';
import { Brand } from './brand.tsx';
import { LinkPill } from './link-pill.tsx';
import { isAt, placesOf } from './places.ts';
import { Preferences } from './preferences.tsx';
import { Shortcuts } from './shortcuts.tsx';
import { SignOut } from './sign-out.tsx';
import { t } from './text.ts';

/** What is around the views of whoever is signed in: a rail where there is room, two bars on a phone. */
export function Rail({ session }: { session: Session }) {
  const [menu, setMenu] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const [shortcuts, setShortcuts] = useState(false);
  return (
    <div class="rail">
      <header class="top">
        <Brand />
        <LinkPill />
        <Button class="top-menu" icon="person" aria-label={t.menu} title={t.menu} onClick={() => setMenu(true)} />
      </header>
      <Places session={session} />
      <section class="rail-foot" aria-label={t.signedInAs}>
        <Preferences small />
        <div class="rail-who">
          <Person session={session} />
          <Button small icon="keyboard" class="bare" aria-label={t.shortcuts} title={`${t.shortcuts} (?)`} onClick={() => setShortcuts(true)} />
          <Button small icon="out" class="bare" aria-label={t.signOut} title={t.signOut} onClick={() => setLeaving(true)} />
        </div>
      </section>
      <Dialog open={menu} onClose={() => setMenu(false)} title={t.preferences}>
        <Person session={session} />
        <Preferences />
        <Button
          icon="out"
          wide
          onClick={() => {
            setMenu(false);
            setLeaving(true);
          }}
        >
          {t.signOut}
        </Button>
      </Dialog>
      <SignOut open={leaving} onClose={() => setLeaving(false)} />
      <Shortcuts role={session.role} open={shortcuts} onOpen={setShortcuts} />
    </div>
  );
}

function Places({ session }: { session: Session }) {
  return (
    <nav class="places" aria-label={t.navigation}>
      <ul>
        {placesOf(session.role).map((place) => (
          <li key={place.view}>
            <Link to={place.to} class="place" aria-current={isAt(route.value, place) ? 'page' : undefined}>
              <Icon name={place.icon} />
              <span>{t[place.view]}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Person({ session }: { session: Session }) {
  return (
    <div class="who">
      <p class="who-name">{session.owner}</p>
      <p class="who-user">@{session.username}</p>
    </div>
  );
}
