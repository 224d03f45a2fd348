import type { UpstreamReply } from '../classify.js';

export function json(status: number, body: unknown, headers: UpstreamReply['headers'] = {}): UpstreamReply {
  return { status, headers, contentType: 'application/json', body, text: JSON.stringify(body) };
}

export function text(status: number, content: string, contentType: string | null = 'text/html'): UpstreamReply {
  return { status, headers: {}, contentType, body: undefined, text: content };
}

export const coded = (code: string, message = ''): { error_code: string; error_msg: string } => ({
  error_code: code,
  error_msg: message,
});
