/** What is changed in a stored result. */
export interface Lie {
  readonly header?: object;
  readonly rest?: (rest: string) => string;
}

const HTML = { file: { fileName: 'a.html', mediaType: 'text/html' } };
export const LIES: readonly (readonly [string, Lie])[] = [
  ['a version that breaks a header', { header: { version: 'a\r\nX-Injected: yes' } }],
  ['a version of no task', { header: { version: 'v' } }],
  ['a page of HTML as its file', { header: HTML, rest: (rest) => rest.replace(/\n[^]*$/, '\n<script>') }],
  [
    'a file name that breaks a header',
    { header: { file: { ...HTML.file, mediaType: 'application/json', fileName: 'a\r\nb' } } },
  ],
  ['the body of another task', { rest: (rest) => rest.replace('"id":"task-1"', '"id":"task-2"') }],
  ['a body that is none', { rest: (rest) => rest.replace(/^.*$/m, 'nonsense') }],
  ['a body of null', { rest: (rest) => rest.replace(/^.*$/m, 'null') }],
];
/** Begin as their Task does: with a good seal nobody looks further, for nobody without the secret can have made them. */
export const BAD_TASKS: typeof LIES = [
  ['a body without the members of a Task', { rest: (rest) => rest.replace(/^(.{150}).*$/m, '$1"}') }],
  ['a body with a member twice', { rest: (rest) => rest.replace('"status":', '"status":"running","status":') }],
  [
    'a body that cannot be written again',
    { rest: (rest) => rest.replace('"error":null', `"error":${'['.repeat(100_000)}${']'.repeat(100_000)}`) },
  ],
];
