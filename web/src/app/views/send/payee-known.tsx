import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { announce } from '../../announce.ts';
import { useBank } from '../../bank.ts';
import { Button, groupClabe, Icon } from '../../ui/index.ts';
import { Avatar } from './avatar.tsx';
import type { Desk } from './desk.ts';
import { readPayee } from './payee.ts';
import { Recent } from './recent-payees.tsx';
import { t } from './text.ts';

/**
 * What stands below the payee field: whom the holder has dealt with while it is empty, then whose account it is as the bank
 * masks it. It is as high in every state, so that nothing below it moves.
 */
export function PayeeKnown({ desk, text }: { desk: Desk; text: string }) {
  const { accounts } = useBank();
  const typed = readPayee(text, accounts.value.map(({ clabe }) => clabe));
  const lookup = desk.lookup.value;
  useEffect(() => {
    if (lookup.kind === 'found') announce(t.foundBy(lookup.payee.maskedName));
    if (lookup.kind === 'not_found') announce(typed.kind === 'username' ? t.payeeNoUser(typed.username) : t.payeeNotFound);
  }, [lookup]);
  if (typed.kind === 'empty') return <Recent onChoose={(clabe) => desk.edit({ payee: groupClabe(clabe) })} />;
  if (typed.kind === 'own') {
    const account = accounts.value.find(({ clabe }) => clabe === typed.clabe);
    return <Known name={account?.name ?? ''} clabe={typed.clabe} note={t.ownAccount} />;
  }
  switch (lookup.kind) {
    case 'idle':
    case 'not_found':
      return <div class="payee-known" />;
    case 'asking':
      return (
        <div class="payee-known payee-asking">
          <span class="avatar" aria-hidden />
          <p>{desk.live.value ? t.asking : t.askingOffline}</p>
        </div>
      );
    case 'found':
      return (
        <Known
          name={lookup.payee.maskedName === '' ? t.noName : lookup.payee.maskedName}
          clabe={lookup.payee.clabe}
          note={t.maskedWhy}
        />
      );
    case 'rate_limited':
      return <Trouble>{t.rateLimited}</Trouble>;
    case 'failed':
      return (
        <Trouble>
          <span>{t.lookupFailed}</span>
          <Button small icon="retry" onClick={() => desk.lookUpNow()}>
            {t.tryAgain}
          </Button>
        </Trouble>
      );
  }
}

function Known({ name, clabe, note }: { name: string; clabe: string; note: string }) {
  return (
    <div class="payee-known payee-found" data-testid="payee-found">
      <Avatar name={name} />
      <div>
        <p class="payee-name">
          {name} <Icon name="check" />
        </p>
        <p class="payee-clabe figures">{groupClabe(clabe)}</p>
        <p class="read">{note}</p>
      </div>
    </div>
  );
}

function Trouble({ children }: { children: ComponentChildren }) {
  return (
    <div class="payee-known payee-trouble">
      <Icon name="clock" />
      {children}
    </div>
  );
}
