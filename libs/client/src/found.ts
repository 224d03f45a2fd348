/** Characters of a body that an error shows. */
const SHOWN = 200;

/** Media type of a reply, without its parameters; empty where it has none. */
export function contentTypeOf({ headers }: Pick<Response, 'headers'>): string {
  return (headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Undefined where the text is no JSON. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What an error says of a reply that makes no sense: `text/html: <!doctype html>…`. */
export function foundIn(reply: Pick<Response, 'headers'>, text: string): string {
  const start = text.trim().replace(/\s+/g, ' ');
  return `${contentTypeOf(reply) || 'no content type'}: ${start.slice(0, SHOWN)}${start.length > SHOWN ? '…' : ''}`;
}
