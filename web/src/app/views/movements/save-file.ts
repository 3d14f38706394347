/** How long a browser may take to begin with a download before the file is let go of. */
const revokeMs = 60_000;

/** Hands a file to the browser, which asks the person or puts it among their downloads. */
export function saveFile(parts: string[], type: string, name: string): void {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), revokeMs);
}
