import { AuditAction, type AuditEntry } from '../../../caudal/index.ts';
import { Amount, classes, groupClabe, Icon, Time, type IconName } from '../../ui/index.ts';
import { outcome, signedMinor } from './audit.ts';
import { refusal } from './refusal.ts';
import { t } from './text.ts';

/** One line of the audit log: what was done, to whom, and how it ended. */
export function TrailEntry({ entry, all }: { entry: AuditEntry; all: boolean }) {
  const end = outcome(entry);
  const amount = signedMinor(entry);
  return (
    <li class={classes('trail-entry', `trail-${end.kind}`)} data-testid="trail-entry">
      <span class="trail-icon">
        <Icon name={end.kind === 'refused' ? 'close' : icons[entry.action] ?? 'info'} />
      </span>
      <div class="trail-text">
        <p class="trail-action">
          {actionName(entry.action)}
          {entry.query !== '' && <span class="trail-query"> “{entry.query}”</span>}
        </p>
        <p class="trail-detail">
          <Time us={entry.atUs} />
          {end.kind === 'found' && <span>{t.found(end.found, end.more)}</span>}
          {entry.holder !== '' && <span>@{entry.holder}</span>}
          {entry.account !== '' && <span class="figures">{groupClabe(entry.account)}</span>}
          {end.kind === 'changed' && <span>{t.was(end.before, end.after)}</span>}
          {entry.memo !== '' && <span>{entry.memo}</span>}
          {all && <span>{t.by(entry.actor === '' ? t.byBank : `@${entry.actor}`)}</span>}
        </p>
        {end.kind === 'refused' && (
          <p class="trail-refusal">
            {t.wasRefused}: {refusal(end.code)}
          </p>
        )}
      </div>
      {amount !== undefined && <Amount amountMinor={amount} currency={entry.currency} signed={end.kind === 'done'} class="trail-amount" />}
    </li>
  );
}

const icons: Readonly<Partial<Record<AuditAction, IconName>>> = {
  [AuditAction.DEPOSIT]: 'arrowIn',
  [AuditAction.WITHDRAW]: 'arrowOut',
  [AuditAction.FIND_HOLDERS]: 'search',
  [AuditAction.CREATE_USER]: 'person',
  [AuditAction.CLOSE_USER]: 'person',
  [AuditAction.SET_ROLE]: 'person',
  [AuditAction.CHANGE_PASSWORD]: 'key',
  [AuditAction.RESET_PASSWORD]: 'key',
  [AuditAction.REVOKE_DEVICE]: 'device',
  [AuditAction.SET_ACCOUNT_STATUS]: 'lock',
};

function actionName(action: AuditAction): string {
  switch (action) {
    case AuditAction.DEPOSIT:
      return t.deposit;
    case AuditAction.WITHDRAW:
      return t.withdraw;
    case AuditAction.FIND_HOLDERS:
      return t.actionFind;
    case AuditAction.CREATE_USER:
      return t.actionCreateUser;
    case AuditAction.CHANGE_PASSWORD:
      return t.actionChangePassword;
    case AuditAction.RESET_PASSWORD:
      return t.actionResetPassword;
    case AuditAction.SET_ROLE:
      return t.actionSetRole;
    case AuditAction.CLOSE_USER:
      return t.actionCloseUser;
    case AuditAction.REVOKE_DEVICE:
      return t.actionRevokeDevice;
    case AuditAction.SET_ACCOUNT_STATUS:
      return t.actionSetStatus;
    case AuditAction.SET_OVERDRAFT:
      return t.actionSetOverdraft;
    default:
      return t.actionUnknown;
  }
}
