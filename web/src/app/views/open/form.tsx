import { useEffect, useRef, useState } from 'preact/hooks';
import { useBank } from '../../bank.ts';
import { go } from '../../router.ts';
import { Banner, Button, Field } from '../../ui/index.ts';
import type { OpenDesk } from './desk.ts';
import { nameMax, type NameProblem, readName } from './opening.ts';
import { t } from './text.ts';

/** Names an account, and asks the bank for it. */
export function OpenForm({ desk, name }: { desk: OpenDesk; name: string }) {
  const [submitted, setSubmitted] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  const live = useBank().freshness.value.kind === 'live';
  const { problem } = readName(name);
  useEffect(() => {
    if (submitted > 0) form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus();
  }, [submitted]);
  const edit = (text: string) => desk.take({ type: 'edit', name: text });
  return (
    <form
      class="card send-form"
      ref={form}
      noValidate
      data-testid="open-form"
      onSubmit={(event) => {
        event.preventDefault();
        const key = desk.confirm();
        if (key === undefined) setSubmitted((n) => n + 1);
        else go(`/open/${key}`, { replace: true });
      }}
    >
      <p class="send-intro">{t.intro}</p>
      <div class="send-payee">
        <Field
          label={t.name}
          name="name"
          value={name}
          onValue={edit}
          hint={t.nameHint}
          error={problem === undefined || (problem === 'missing' && submitted === 0) ? undefined : words(problem)}
          autocomplete="off"
          autocapitalize="sentences"
          enterKeyHint="go"
          maxLength={nameMax * 8}
        />
        <div class="ideas" role="group" aria-label={t.ideas}>
          {[t.ideaSavings, t.ideaTrip, t.ideaBills].map((idea) => (
            <Button key={idea} small onClick={() => edit(idea)}>
              {idea}
            </Button>
          ))}
        </div>
      </div>
      <dl class="facts">
        <div class="fact">
          <dt>{t.currency}</dt>
          <dd>{t.peso}</dd>
        </div>
      </dl>
      {!live && <Banner tone="caution">{t.waitLive}</Banner>}
      <Button kind="primary" type="submit" wide disabled={!live} data-testid="open-submit">
        {t.submit}
      </Button>
    </form>
  );
}

function words(problem: NameProblem): string {
  switch (problem) {
    case 'missing':
      return t.nameMissing;
    case 'too_long':
      return t.nameTooLong(nameMax);
    case 'unsendable':
      return t.nameUnsendable;
  }
}
