import { useEffect, useRef, useState } from 'preact/hooks';
import type { Account } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { useBank } from '../../bank.ts';
import { explain } from '../../errors.ts';
import { Button, Field } from '../../ui/index.ts';
import { t } from './text.ts';

/** Characters of an account's name at most (PROTOCOL.md). */
const nameMax = 60;

/** An account's name as the page's heading, which can be changed where it stands. */
export function AccountName({ account }: { account: Account }) {
  const [editing, setEditing] = useState(false);
  const pencil = useRef<HTMLButtonElement>(null);
  const was = useRef(false);
  useEffect(() => {
    if (was.current && !editing) pencil.current?.focus();
    was.current = editing;
  }, [editing]);
  if (editing) return <NameForm account={account} onDone={() => setEditing(false)} />;
  return (
    <div class="acct-name">
      <h1 tabIndex={-1}>{account.name}</h1>
      <Button small icon="edit" aria-label={t.rename} title={t.rename} buttonRef={pencil} onClick={() => setEditing(true)} />
    </div>
  );
}

function NameForm({ account, onDone }: { account: Account; onDone: () => void }) {
  const bank = useBank();
  const [name, setName] = useState(account.name);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.select(), []);
  const save = async (): Promise<void> => {
    const wanted = name.trim();
    if (wanted === '') return setError(t.nameEmpty);
    if (wanted === account.name) return onDone();
    setBusy(true);
    try {
      await bank.client.renameAccount(account.clabe, wanted);
      onDone();
    } catch (failure) {
      setBusy(false);
      setError(explain(failure));
    }
  };
  return (
    <form
      class="acct-name-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void save();
      }}
    >
      <h1 class="read">{account.name}</h1>
      <Field
        label={t.newName}
        value={name}
        onValue={setName}
        error={error}
        maxLength={nameMax}
        autocomplete="off"
        enterKeyHint="done"
        inputRef={input}
        onKey={(event) => {
          if (event.key === 'Escape') onDone();
        }}
      />
      <div class="row">
        <Button kind="primary" type="submit" busy={busy}>
          {t.save}
        </Button>
        <Button onClick={onDone}>{t.cancel}</Button>
      </div>
    </form>
  );
}
