import { AccountStatus } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
import { useBank } from '../../bank.ts';
import { money } from '../../format.ts';
import { Select } from '../../ui/index.ts';

interface AccountSelectProps {
  label: string;
  value: string;
  onValue: (clabe: string) => void;
  error?: string | undefined;
  name: string;
  /** Frozen accounts cannot be chosen: the money leaves this one. */
  paying?: boolean;
}

/** A choice among the holder's accounts, each with what is available on it now. */
export function AccountSelect({ label, value, onValue, error, name, paying }: AccountSelectProps) {
  const choices = useBank().accounts.value.map((account) => ({
    value: account.clabe,
    label: `${account.name} ··${account.clabe.slice(-4)} · ${money(account.availableMinor, account.currency)}`,
    disabled: paying === true && account.status === AccountStatus.FROZEN,
  }));
  return <Select {...{ label, value, onValue, error, name, choices }} plain={error === undefined} />;
}
