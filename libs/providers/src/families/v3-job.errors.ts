import type { ErrorRow } from '@gateway/tasks';

/** Lookup errors that the relational databases share. */
export function instanceErrors(service: string): readonly ErrorRow[] {
  const invalid = `${service} found a parameter that is not valid.`;
  const hidden = 'The job does not exist, or the account may not read it.';
  const failed = `${service} had an internal error.`;
  return [
    ['DBS.200001 DBS.200004 DBS.200006 DBS.280001 DBS.280204', 400, 'validation-failed', invalid],
    ['DBS.212009', 400, 'upstream-error', `${service} could not process the request.`],
    ['DBS.200010 DBS.200604', 403, 'permission-denied', `The account may not read jobs of ${service}.`],
    ['DBS.200044 DBS.201003 DBS.280015', 403, 'permission-denied', hidden],
    ['DBS.280056', 403, 'upstream-credentials-rejected', `${service} did not accept the token.`],
    ['DBS.200002 DBS.200045 DBS.200602', 404, 'scope-not-found', 'The instance of the job does not exist.'],
    ['DBS.108000 DBS.108002 DBS.108005 DBS.200005 DBS.290006 DBS.290015', 500, 'upstream-error', failed],
  ];
}
