/** The first letters of a name, or of a masked one: something for the eye to find a person again by. */
export function Avatar({ name }: { name: string }) {
  const initials = name
    .split(/\s+/)
    .filter((word) => /^\p{L}/u.test(word))
    .slice(0, 2)
    .map((word) => [...word][0]?.toLocaleUpperCase() ?? '')
    .join('');
  return (
    <span class="avatar" aria-hidden>
      {initials === '' ? '·' : initials}
    </span>
  );
}
