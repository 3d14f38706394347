import { useBank } from '../../bank.ts';
import { Icon } from '../../ui/index.ts';
import { t } from './text.ts';

/** What is wrong with a form as a whole. Its line is there from the start, so that nothing jumps. */
export function FormMessage({ text }: { text: string | undefined }) {
  const link = useBank().link.value;
  const away = text === undefined && link.kind === 'waiting' && link.attempt > 1;
  return (
    <p class="form-message" role="alert" data-testid="form-message">
      {text !== undefined && (
        <>
          <Icon name="warning" /> <span>{text}</span>
        </>
      )}
      {away && <span class="muted">{t.notConnected}</span>}
    </p>
  );
}
