import { StopPage, type Halt } from '../views/signin/StopPage.tsx';
import { Outside } from './Outside.tsx';

/** The stage where the bank cannot be talked to for good. */
export default function Halted({ why }: { why: Halt }) {
  return (
    <Outside>
      <StopPage why={why} />
    </Outside>
  );
}
