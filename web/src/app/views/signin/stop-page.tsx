import type { ComponentChildren } from 'preact';
import { StoreError } from '../../../caudal/index.ts';
import { useBank } from '../../bank.ts';
import { explain } from '../../errors.ts';
import type { Halt } from '../../halt.ts';
import { Button, Icon } from '../../ui/index.ts';
import { IdentityChanged } from './identity-changed.tsx';
import { t } from './text.ts';

/** The page that stands where the bank cannot be talked to, and trying again by itself would be wrong or of no use. */
export function StopPage({ why }: { why: Halt }) {
  const { client } = useBank();
  switch (why.code) {
    case 'identity_changed':
      return <IdentityChanged pinned={why.pinned} offered={why.offered} />;
    case 'channel':
      return (
        <Stopped title={t.channelTitle} action={<Button onClick={() => client.start()}>{t.tryAgain}</Button>}>
          <p>{explain(why.error)}</p>
          <p>{t.channelLead}</p>
        </Stopped>
      );
    case 'user_closed':
      return (
        <Stopped title={t.userClosedTitle} action={<Button onClick={() => client.start()}>{t.otherUser}</Button>}>
          <p>{t.userClosedLead}</p>
        </Stopped>
      );
    case 'version':
      return (
        <Stopped title={t.versionTitle} action={<Reload />}>
          <p>{t.versionLead}</p>
        </Stopped>
      );
    case 'protocol':
      return (
        <Stopped title={t.protocolTitle} action={<Reload />}>
          <p>{t.protocolLead(why.closeCode)}</p>
        </Stopped>
      );
    case 'store':
      return <Broken error={why.error} />;
  }
}

/** The page that stands where this page could not even start, or cannot go on. */
export function Broken({ error }: { error: unknown }) {
  return (
    <Stopped title={error instanceof StoreError ? t.storeTitle : t.brokenTitle} action={<Reload />}>
      <p>{explain(error)}</p>
    </Stopped>
  );
}

function Reload() {
  return (
    <Button kind="primary" icon="retry" onClick={() => location.reload()}>
      {t.reload}
    </Button>
  );
}

function Stopped(props: { title: string; action: ComponentChildren; children: ComponentChildren }) {
  return (
    <div class="halt" role="alert" data-testid="halt">
      <span class="halt-icon">
        <Icon name="lock" />
      </span>
      <h1 tabIndex={-1}>{props.title}</h1>
      <div class="stack stack-tight">{props.children}</div>
      <div class="row">{props.action}</div>
    </div>
  );
}
