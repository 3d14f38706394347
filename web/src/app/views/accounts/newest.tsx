import { useEffect } from 'preact/hooks';
import type { Account } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { useBank } from '../../bank.ts';
import { explain } from '../../errors.ts';
import { day, time } from '../../format.ts';
import { movementsOf } from '../../movements.ts';
import { Banner, Button, Card, CopyButton, EmptyState, Link, Skeleton } from '../../ui/index.ts';
import { dayOf } from '../movements/days.ts';
import { MovementRow } from '../movements/row.tsx';
import { useArriving } from '../movements/use-arriving.ts';
import { t } from './text.ts';

/** How many movements stand beside the balance. */
const newestMax = 8;

/** The newest movements of an account; those that happen now slide in. */
export function Newest({ account, title, level = 2 }: { account: Account; title: string; level?: 2 | 3 }) {
  const bank = useBank();
  const movements = movementsOf(bank, account.clabe);
  const arriving = useArriving(account.clabe);
  const legs = movements.legs.value;
  const live = bank.freshness.value.kind === 'live';
  useEffect(() => {
    if (live && movements.legs.peek().length === 0 && !movements.complete.peek()) void movements.more();
  }, [movements, live]);
  const error = movements.error.value;
  const today = dayOf(BigInt(Date.now()) * 1000n);
  return (
    <Card
      flush
      title={title}
      level={level}
      class="acct-newest"
      action={
        legs.length > 0 && (
          <Link to={`/movements/${account.clabe}`} class="acct-all">
            {t.seeAll}
          </Link>
        )
      }
    >
      {legs.length > 0 ? (
        <ol class="mov-rows">
          {legs.slice(0, newestMax).map((leg) => (
            <MovementRow
              key={leg.seq.toString()}
              account={account.clabe}
              currency={account.currency}
              leg={leg}
              arriving={arriving.has(leg.seq)}
              when={dayOf(leg.atUs) === today ? time(leg.atUs) : day(leg.atUs)}
            />
          ))}
        </ol>
      ) : movements.complete.value ? (
        <FirstMoney account={account} />
      ) : error !== undefined && !movements.loading.value ? (
        <div class="acct-inset">
          <Banner
            tone="caution"
            title={explain(error)}
            action={<Button small icon="retry" aria-label={t.retry} title={t.retry} onClick={() => void movements.more()} />}
          />
        </div>
      ) : (
        <div class="acct-inset">
          <Skeleton lines={6} />
        </div>
      )}
    </Card>
  );
}

/** What a new account needs first: somebody who pays into it. */
function FirstMoney({ account }: { account: Account }) {
  const username = useBank().session.value?.username;
  return (
    <EmptyState
      icon="arrowIn"
      title={t.emptyTitle}
      action={
        <div class="row acct-share">
          <CopyButton text={account.clabe} label={t.copyClabe} />
          {username !== undefined && <CopyButton text={`@${username}`} label={`@${username}`} />}
        </div>
      }
    >
      {t.emptyText}
    </EmptyState>
  );
}
