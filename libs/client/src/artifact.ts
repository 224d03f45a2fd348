/**
 * Name that `Content-Disposition` (RFC 6266) gives a download; null where it gives none, or where there is no such
 * header. `filename*` (RFC 8187) comes before `filename`.
 */
export function fileNameOf(disposition: string | null): string | null {
  const encoded = /;\s*filename\*\s*=\s*UTF-8''([^;\s]+)/i.exec(disposition ?? '')?.[1];
  const [, quoted, token] = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(disposition ?? '') ?? [];
  return decoded(encoded) ?? quoted?.replace(/\\(.)/g, '$1') ?? token ?? null;
}

function decoded(value: string | undefined): string | null {
  try {
    return value === undefined ? null : decodeURIComponent(value);
  } catch {
    return null;
  }
}
