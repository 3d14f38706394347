import { ChannelCard } from './channel-card.tsx';
import { DevicesCard } from './devices-card.tsx';
import { IdentityCard } from './identity-card.tsx';
import { LeaveCard } from './leave-card.tsx';
import { PasswordCard } from './password-card.tsx';
import { t } from './text.ts';

/** Who may sign in as the person, and what protects what they say to the bank. */
export default function View() {
  return (
    <div class="security">
      <h1>{t.title}</h1>
      <div class="security-columns">
        <div class="security-column">
          <DevicesCard />
          <PasswordCard />
          <LeaveCard />
        </div>
        <div class="security-column">
          <ChannelCard />
          <IdentityCard />
        </div>
      </div>
    </div>
  );
}
