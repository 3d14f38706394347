import { useEffect } from 'preact/hooks';
import { useBank } from '../../bank.ts';
import { movementsOf } from '../../movements.ts';
import { Icon } from '../../ui/index.ts';
import { Avatar } from './avatar.tsx';
import { acquaintances } from './recent.ts';
import { t } from './text.ts';

/** As many as are found at a glance. */
const most = 8;

/**
 * Whom the holder has dealt with, from the newest movements of all accounts. A press fills the payee field. The digits tell
 * apart who has the same name: anybody gets in here by sending a peso, also with a name that is somebody else's.
 */
export function Recent({ onChoose }: { onChoose: (clabe: string) => void }) {
  const bank = useBank();
  const own = bank.accounts.value.map(({ clabe }) => clabe);
  const live = bank.freshness.value.kind === 'live';
  const names = own.join();
  useEffect(() => {
    if (!live || names === '') return;
    for (const clabe of names.split(',')) {
      const movements = movementsOf(bank, clabe);
      if (movements.legs.peek().length === 0 && !movements.complete.peek()) void movements.more();
    }
  }, [bank, names, live]);
  const people = acquaintances(own.flatMap((clabe) => movementsOf(bank, clabe).legs.value), own, most);
  if (people.length === 0) {
    return (
      <div class="payee-known payee-first">
        <Icon name="security" />
        <p>{t.first}</p>
      </div>
    );
  }
  return (
    <div class="payee-known payee-recent" role="group" aria-label={t.recent}>
      {people.map(({ clabe, name }) => (
        <button
          key={clabe}
          type="button"
          class="person"
          onClick={() => onChoose(clabe)}
        >
          <Avatar name={name} />
          <span class="read">{t.payTo} </span>
          <span class="person-name">{name === '' ? t.noName : name}</span>
          <span class="person-clabe figures" aria-hidden>
            ··{clabe.slice(-4)}
          </span>
          <span class="read">, {t.endingIn(clabe.slice(-4))}</span>
        </button>
      ))}
    </div>
  );
}
