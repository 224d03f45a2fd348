/**
 * Reads `text/event-stream` (WHATWG HTML, 9.2.6) in pieces as they arrive. Names and ids of events are left out: the
 * gateway's data say their kind, and streams of many tasks have no ids.
 * @param onData called with the data of each event; its lines are joined by LF
 * @param onRetry called with the milliseconds after which whoever reads is to come again
 */
export function eventParser(
  onData: (data: string) => void,
  onRetry: (ms: number) => void,
): (bytes: Uint8Array) => void {
  // It takes the byte order mark away, and puts characters together again.
  const decoder = new TextDecoder();
  let rest = '';
  let data = '';
  let endsWithCr = false;

  const readLine = (line: string): void => {
    if (line === '') {
      // Each line of data has added one LF.
      if (data !== '') onData(data.slice(0, -1));
      data = '';
      return;
    }
    const [, field, value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === 'data') data += `${value}\n`;
    if (field === 'retry' && /^\d+$/.test(value)) onRetry(Number(value));
  };

  return (bytes) => {
    let text = decoder.decode(bytes, { stream: true });
    if (text === '') return;
    // The second half of a CRLF whose first half has ended its line already.
    if (endsWithCr && text.startsWith('\n')) text = text.slice(1);
    endsWithCr = text.endsWith('\r');
    const lines = text.split(/\r\n|\r|\n/);
    lines[0] = rest + (lines[0] ?? '');
    rest = lines.pop() ?? '';
    lines.forEach(readLine);
  };
}
