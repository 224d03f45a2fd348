import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { ACCESS_MODES } from './gateway.mjs';
import { PROFILES } from './profile.mjs';
import { CROWDS, HITS, MISSES, STREAMS, WAITS } from './targets.mjs';

const TARGETS = { hit: HITS, miss: MISSES, crowd: CROWDS, wait: WAITS, stream: STREAMS };
const FLAGS = {
  quick: { type: 'boolean' },
  assert: { type: 'boolean' },
  suite: { type: 'string', multiple: true },
  target: { type: 'string' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  access: { type: 'string' },
  profile: { type: 'string' },
  out: { type: 'string' },
};
const RECORD = 'test/load/results.md';

/** What is wrong with a command line, in one line for who wrote it. */
export class UsageError extends Error {}

/**
 * What a command line asks for.
 * @param suites the names of all that there are
 * @throws UsageError
 */
export function readOptions(args, suites) {
  const given = readFlags(args);
  const { quick = false, assert = false } = given;
  const access = oneOf('--access', given.access ?? 'apiKey', Object.keys(ACCESS_MODES));
  if (given.profile !== undefined) {
    const other = Object.keys(given).find((name) => name !== 'profile' && name !== 'access');
    if (other !== undefined) throw new UsageError(`--profile goes with --access only, not with --${other}`);
    return { access, profile: oneOf('--profile', given.profile, Object.keys(PROFILES)) };
  }
  const chosen = suites.filter((name) => (given.suite ?? suites).includes(name));
  for (const name of given.suite ?? []) oneOf('--suite', name, suites);
  const pattern = given.target === undefined ? null : readPattern(given.target);
  const only = (name) => pattern === null || pattern.test(name);
  // A part of the comparison does not replace the record of the whole.
  const isWhole = Object.keys(given).every((name) => name === 'assert');
  return {
    access,
    quick,
    assert,
    only,
    suites: pattern === null ? chosen : suitesWith(only, chosen, given.target),
    rounds: readCount('--rounds', given.rounds, quick ? 2 : 5),
    seconds: readCount('--seconds', given.seconds, quick ? 1 : 2),
    out: given.out === undefined ? (isWhole ? RECORD : null) : readFile(given.out),
  };
}

/** Not strict: its own messages have several lines, and it takes `--rounds -1` for two flags. */
function readFlags(args) {
  const { tokens } = parseArgs({ args, options: FLAGS, strict: false, tokens: true });
  const given = {};
  for (const token of tokens) {
    if (token.kind === 'positional')
      throw new UsageError(`"${token.value}" stands alone: everything is said with flags (${allFlags()})`);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    if (!Object.hasOwn(FLAGS, name)) throw new UsageError(`there is no flag ${rawName}: ${allFlags()}`);
    const { type, multiple = false } = FLAGS[name];
    if (type === 'boolean' && value !== undefined) throw new UsageError(`--${name} takes no value`);
    if (type === 'string' && (value === undefined || value === '')) throw new UsageError(`--${name} needs a value`);
    given[name] = multiple ? [...(given[name] ?? []), value] : (value ?? true);
  }
  return given;
}

const allFlags = () => listed(Object.keys(FLAGS).map((name) => `--${name}`));
const listed = (names) => names.join(', ');
/** Names of targets hold commas. */
const quoted = (names) => listed(names.map((name) => `"${name}"`));

function oneOf(flag, value, known) {
  if (!known.includes(value)) throw new UsageError(`${flag} does not know "${value}": ${listed(known)}`);
  return value;
}

function readCount(flag, value, otherwise) {
  if (value === undefined) return otherwise;
  if (!/^[1-9]\d{0,3}$/.test(value))
    throw new UsageError(`${flag} must be a whole number from 1 to 9999, not "${value}"`);
  return Number(value);
}

function readPattern(text) {
  try {
    return new RegExp(text, 'i');
  } catch ({ message }) {
    throw new UsageError(`--target must be a regular expression: ${message}`);
  }
}

/** Growth and start measure the gateway alone: they have no targets to choose from. */
function suitesWith(only, chosen, pattern) {
  const namesOf = (suite) => Object.keys(TARGETS[suite] ?? {});
  const found = chosen.filter((suite) => namesOf(suite).some(only));
  if (found.length > 0) return found;
  const names = [...new Set(chosen.flatMap(namesOf))];
  if (names.length === 0) throw new UsageError(`--target chooses nothing in ${listed(chosen)}: they have no targets`);
  throw new UsageError(`--target "${pattern}" matches none of ${quoted(names)}`);
}

/** It is written when all is measured, which is late to find out. */
function readFile(file) {
  const isFolder = (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isFolder(file)) throw new UsageError(`--out must be a file: "${file}" is a folder`);
  if (!isFolder(dirname(file))) throw new UsageError(`--out must be in a folder that is there: "${file}"`);
  try {
    accessSync(statSync(file, { throwIfNoEntry: false }) === undefined ? dirname(file) : file, constants.W_OK);
  } catch {
    throw new UsageError(`--out must be a file that can be written: "${file}"`);
  }
  return file;
}
