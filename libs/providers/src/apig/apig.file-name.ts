const MAX_BYTES = 200;
const RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;

/**
 * Makes a file name legal on Windows, macOS and Linux: no separators, reserved characters, control or invisible
 * characters, device names or trailing dots; at most 200 bytes. The extension is added where it is missing.
 */
export function legalFileName(name: string, extension: string, fallback: string): string {
  const suffix = extension === '' ? '' : `.${extension}`;
  const stem =
    suffix !== '' && name.toLowerCase().endsWith(suffix.toLowerCase()) ? name.slice(0, -suffix.length) : name;
  const legal = stem
    .normalize('NFC')
    .replace(/[<>:"/\\|?*]/g, '-')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, '')
    .trim()
    .replace(/^\.+|[. ]+$/g, '');
  const safe = RESERVED.test(legal) ? `_${legal}` : legal;
  return (safe === '' ? fallback : truncate(safe, MAX_BYTES - suffix.length)) + suffix;
}

function truncate(text: string, bytes: number): string {
  const encoder = new TextEncoder();
  let size = 0;
  let kept = '';
  for (const character of text) {
    size += encoder.encode(character).length;
    if (size > bytes) break;
    kept += character;
  }
  return kept;
}
