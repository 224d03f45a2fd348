/** What a query in PromQL selects: metrics, and the labels that it matches them by or groups them by. */
export interface SelectedMetrics {
  readonly metrics: readonly { readonly name: string; readonly matchers: Readonly<Record<string, string>> }[];
  readonly grouping: readonly string[];
}

const TOKEN = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[a-zA-Z_:][\w:]*|\d[\w.]*|=~|!~|!=|\S/g;
const GROUPING: ReadonlySet<string> = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless', 'bool', 'offset']);

/** Reads a query as far as that takes; Grafana's intervals count as five minutes. @throws Error for what is no name */
export function selectedIn(query: string): SelectedMetrics {
  const tokens: readonly string[] = query.replaceAll('$__rate_interval', '5m').match(TOKEN) ?? [];
  const metrics: { name: string; matchers: Record<string, string> }[] = [];
  const grouping: string[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const [token = '', next = ''] = [tokens[at], tokens[at + 1]];
    if (token === '[') at = tokens.indexOf(']', at);
    else if (GROUPING.has(token) && next === '(') {
      const end = tokens.indexOf(')', at);
      grouping.push(...tokens.slice(at + 2, end).filter((each) => each !== ','));
      at = end;
    } else if (/^[a-zA-Z_:]/.test(token) && next !== '(' && !GROUPING.has(next) && !OPERATORS.has(token)) {
      const end = next === '{' ? tokens.indexOf('}', at) : at;
      metrics.push({ name: token, matchers: matchersIn(tokens.slice(at + 2, end)) });
      at = end;
    }
  }
  return { metrics, grouping };
}

/** Label, operator, text, comma, and so on. */
function matchersIn(tokens: readonly string[]): Record<string, string> {
  const matchers: Record<string, string> = {};
  for (let at = 0; at < tokens.length; at += 4) {
    const [label = '', operator = '', text = ''] = tokens.slice(at, at + 3);
    if (!['=', '=~', '!=', '!~'].includes(operator)) throw new Error(`${operator} is no operator of a matcher`);
    matchers[label] = operator.includes('=') && !operator.includes('~') ? text.slice(1, -1) : '';
  }
  return matchers;
}
