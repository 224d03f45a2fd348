import type { Violation } from '@gateway/problems';
import { TASK_VIEWS } from '@gateway/tasks';
import type { TaskView } from '@gateway/tasks';

export interface TaskQuery {
  readonly region?: string;
  readonly projectId?: string;
  readonly instanceId?: string;
  readonly view?: TaskView;
}

const SCOPE_PARAMETERS = ['region', 'projectId', 'instanceId'] as const;

/** Reads the query of a task's URL; unknown, repeated and empty parameters are added to `violations`. */
export function readTaskQuery(raw: unknown, allowView: boolean, violations: Violation[]): TaskQuery {
  const query: Record<string, string> = {};
  const known: readonly string[] = allowView ? [...SCOPE_PARAMETERS, 'view'] : SCOPE_PARAMETERS;
  for (const [parameter, value] of Object.entries(raw as Readonly<Record<string, unknown>>)) {
    const name = parameter.slice(0, 64);
    if (!known.includes(parameter)) violations.push({ detail: `Only ${known.join(', ')} are read.`, parameter: name });
    else if (typeof value !== 'string')
      violations.push({ detail: `${name} is given more than once.`, parameter: name });
    else if (parameter === 'view' && !(TASK_VIEWS as readonly string[]).includes(value))
      violations.push({ detail: `view must be one of ${TASK_VIEWS.join(', ')}.`, parameter: name });
    else query[parameter] = value;
  }
  return query;
}
