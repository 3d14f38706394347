import type { ComponentChildren } from 'preact';
import type { ChannelInfo } from '../../../caudal/index.ts';
import { useBank } from '../../bank.ts';
import { count } from '../../format.ts';
import { Card, classes, CopyButton } from '../../ui/index.ts';
import { grouped, hex } from './key-print.ts';
import { useNow, When } from './moment.tsx';
import { untilRekey } from './rekey.ts';
import { RoundTrip } from './round-trip.tsx';
import { t } from './text.ts';
import { watch } from './watch.ts';

/** The counters of the channel move with every record: they are read this often. */
const readEveryMs = 1000;

/** What protects the conversation with the bank, in plain words and live figures. */
export function ChannelCard() {
  const bank = useBank();
  useNow(readEveryMs);
  const live = bank.freshness.value.kind === 'live';
  const channel = bank.link.value.kind === 'live' ? bank.client.channel : undefined;
  return (
    <Card
      title={t.channel}
      class="channel"
      data-testid="channel"
      action={<span class={classes('channel-state', live && 'channel-live')}>{live ? t.live : t.down}</span>}
    >
      <p class="card-lead">{t.channelLead}</p>
      <RoundTrip />
      {channel === undefined ? <p class="card-lead">{t.noChannel}</p> : <ChannelFacts channel={channel} />}
    </Card>
  );
}

function ChannelFacts({ channel }: { channel: ChannelInfo }) {
  const hybrid = /MLKEM768/u.test(channel.suite);
  return (
    <>
      <dl class="channel-facts">
        <Fact name={t.agreement} why={hybrid ? `${t.hybridWhy} ${provider(channel)}` : t.classicWhy}>
          {hybrid ? t.hybrid : t.classic}
        </Fact>
        <Fact name={t.cipher} why={t.cipherWhy}>
          AES-256-GCM
        </Fact>
        <Traffic channel={channel} />
        <Fact name={t.connected}>
          <When ms={channel.connectedAtMs} />
        </Fact>
        <Fact name={t.certificate}>
          <When ms={channel.notAfterMs} />
        </Fact>
      </dl>
      <details class="security-details">
        <summary>{t.details}</summary>
        <dl class="channel-facts">
          <Fact name={t.channelName} why={t.channelNameWhy}>
            <code class="channel-hash" data-testid="channel-hash">
              {grouped(hex(channel.channelHash), 8).map((group, i) => (
                <span key={i}>{group} </span>
              ))}
            </code>
            <CopyButton small text={hex(channel.channelHash)} label={t.copyChannel} />
          </Fact>
          <Fact name={t.noise}>
            <code class="channel-noise">{channel.suite}</code>
          </Fact>
        </dl>
      </details>
    </>
  );
}

function Traffic({ channel }: { channel: ChannelInfo }) {
  const reconnections = watch(useBank()).reconnections.value;
  return (
    <>
      <Fact name={t.records}>
        <span class="figures" data-testid="records">
          {t.sealed(count(channel.sealed))} · {t.opened(count(channel.opened))}
        </span>
      </Fact>
      <Fact
        name={t.rekey}
        why={
          <>
            {t.rekeyEvery}{' '}
            {channel.lastRekeyMs === undefined ? (
              t.rekeyNever
            ) : (
              <>
                {t.rekeyLast} <When ms={channel.lastRekeyMs} />
              </>
            )}
          </>
        }
      >
        <span class="figures">{t.rekeyUntil(count(untilRekey(channel.sealed)), count(untilRekey(channel.opened)))}</span>
      </Fact>
      <Fact name={t.reconnections}>
        <span class="figures">{count(reconnections)}</span>
      </Fact>
    </>
  );
}

function provider(channel: ChannelInfo): string {
  return channel.mlkem === 'webcrypto' ? t.mlkemNative : t.mlkemLibrary;
}

function Fact({ name, why, children }: { name: string; why?: ComponentChildren; children: ComponentChildren }) {
  return (
    <div class="channel-fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
      {why !== undefined && <dd class="channel-why">{why}</dd>}
    </div>
  );
}
