import { useEffect, useRef, useState } from 'preact/hooks';
import { Role } from '../caudal/gen/caudal/v1/caudal_pb.ts';
import { BankContext, useBank, type Bank } from './bank.ts';
import { isHalt } from './halt.ts';
import { lazily } from './lazy.tsx';
import { go, route } from './router.ts';
import { Bare, Starting } from './stage/starting.tsx';

// Each visit needs one or two of these. Their code comes while the channel is being made.
const Halted = lazily(() => import('./stage/halted.tsx'), Bare);
const Entry = lazily(() => import('./stage/entry.tsx'), Bare);
const Recognising = lazily(() => import('./stage/recognising.tsx'), Bare);
const Inside = lazily(() => import('./stage/inside.tsx'), Bare);

/** The dashboard of one bank. */
export function App({ bank }: { bank: Bank }) {
  return (
    <BankContext.Provider value={bank}>
      <Stage />
    </BankContext.Provider>
  );
}

/** Which of the stages stands: stopped, not signed in, being recognised, or the bank. */
function Stage() {
  const bank = useBank();
  const link = bank.link.value;
  const session = bank.session.value;
  const known = bank.hasDevice.value;
  const revoked = useEnded(bank);
  const wasIn = useRef(false);
  useEffect(() => {
    if (known === true) {
      Inside.preload();
    }
  }, [known]);
  useEffect(() => {
    if (session !== undefined && route.peek().view === 'signin') {
      go(session.role === Role.TELLER ? '/teller' : '/', { replace: true });
    }
  }, [session]);
  if (link.kind === 'stopped' && isHalt(link.why)) {
    return <Halted why={link.why} />;
  }
  if (session !== undefined) {
    wasIn.current = true;
    return <Inside session={session} />;
  }
  if (known === undefined) {
    return <Starting />; // the store is being read: in a moment it is clear what to show
  }
  return known ? <Recognising /> : <Entry revoked={revoked} returned={wasIn.current} />;
}

/**
 * After the bank ended a sign-in the client rests; it dials again for the sign-in page. Tells whether it ended because the
 * device was revoked, until somebody signs in.
 */
function useEnded(bank: Bank): boolean {
  const [revoked, setRevoked] = useState(false);
  const link = bank.link.value;
  const signedIn = bank.session.value !== undefined;
  useEffect(() => {
    if (link.kind === 'stopped' && (link.why.code === 'device_revoked' || link.why.code === 'logged_out')) {
      setRevoked(link.why.code === 'device_revoked');
      bank.client.start();
    }
  }, [bank, link]);
  useEffect(() => {
    if (signedIn) {
      setRevoked(false);
    }
  }, [signedIn]);
  return revoked;
}
