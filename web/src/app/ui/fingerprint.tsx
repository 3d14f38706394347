/** An identity's fingerprint in its groups, set so that two can be compared by eye or by voice. */
export function Fingerprint({ text, label }: { text: string; label: string }) {
  return (
    <p class="fingerprint-text" data-testid="fingerprint-text">
      <span class="read">{label}: </span>
      {text.split('-').map((group, i) => (
        <span key={i} class="fingerprint-group">
          {group}{' '}
        </span>
      ))}
    </p>
  );
}
