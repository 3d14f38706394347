import { useBank } from '../bank.ts';
import { Mark } from '../ui/icons.tsx';
import { Link } from '../ui/link.tsx';

/** The bank's mark and its name, as it calls itself. */
export function Brand() {
  const bank = useBank();
  return (
    <Link to="/" class="brand">
      <Mark />
      <span class="brand-name">{bank.name}</span>
    </Link>
  );
}
