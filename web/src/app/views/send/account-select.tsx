import { type Account, AccountStatus } from '../../../caudal/gen/caudal/v1/caudal_pb.ts';
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
  const accounts = useBank().accounts.value;
  // The number tells accounts apart only where their names do not.
  const named = (account: Account) =>
    accounts.some((other) => other !== account && other.name === account.name) ? `${account.name} ··${account.clabe.slice(-4)}` : account.name;
  const choices = accounts.map((account) => ({
    value: account.clabe,
    label: `${named(account)} · ${money(account.availableMinor, account.currency)}`,
    disabled: paying === true && account.status === AccountStatus.FROZEN,
  }));
  return <Select {...{ label, value, onValue, error, name, choices }} plain={error === undefined} />;
}
