import type { ErrorRule } from '@gateway/tasks';
import { code, table } from './markdown.js';

/** More codes in one row would make all rows too wide to read as text. */
const MOST = 3;

/** Neighbours that differ in their code only share rows. */
export function describeErrors(rules: readonly ErrorRule[]): string {
  if (rules.length === 0) return 'None of its own.';
  const shared: { readonly key: string; readonly rule: ErrorRule; readonly names: string[] }[] = [];
  for (const rule of rules) {
    const { code: _code, ...same } = rule;
    const key = JSON.stringify({ ...same, message: rule.message?.source });
    const last = shared.at(-1);
    if (last?.key === key && last.names.length < MOST) last.names.push(nameOf(rule));
    else shared.push({ key, rule, names: [nameOf(rule)] });
  }
  return table(
    ['code', 'HTTP', 'problem', 'what happened', 'asked again'],
    shared.map(({ rule, names }) => [
      names.join(' '),
      rule.http.join(', '),
      code(rule.problem),
      [rule.cause, rule.remedy ?? ''].join(' ').trim(),
      rule.retry,
    ]),
  );
}

function nameOf({ code: given, message, onlyHttp }: ErrorRule): string {
  const name = typeof given === 'string' ? given : `/${given.source}/`;
  const narrowed = message === undefined ? '' : ` with ${code(`/${message.source}/`)}`;
  return `${name === '' ? 'none' : code(name)}${narrowed}${onlyHttp === true ? ', with this status only' : ''}`;
}
