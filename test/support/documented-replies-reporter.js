import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Fails a whole run of the end-to-end tests when a documented status of an operation was produced by none of them. */
export default class DocumentedRepliesReporter {
  #error;

  constructor({ testPathPatterns, testNamePattern, onlyChanged, shard }) {
    this.partial = Boolean(testPathPatterns?.patterns?.length || testNamePattern || onlyChanged || shard);
  }

  onRunComplete(_contexts, { testResults }) {
    const folder = process.env.SEEN_REPLIES;
    if (folder === undefined) return;
    const seen = readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), 'utf8').trim().split('\n'));
    rmSync(folder, { recursive: true });
    if (this.partial || !testResults.some(({ testFilePath }) => testFilePath.endsWith('.e2e-spec.ts'))) return;
    const { documented, missing } = compareReplies(JSON.parse(readFileSync('apps/gateway/openapi.json', 'utf8')), seen);
    if (missing.length === 0) process.stdout.write(`\nEach of ${documented} documented replies was produced.\n`);
    else this.#fail(`documented replies that no test produces: ${missing.join(', ')}`);
  }

  #fail(text) {
    this.#error = new Error(text);
    process.stderr.write(`\nFailed: ${text}\n`);
  }

  getLastError() {
    return this.#error;
  }
}

/** @param {readonly string[]} seen lines of operationId and status */
export function compareReplies(document, seen) {
  const replies = Object.values(document.paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ operationId, responses }) => Object.keys(responses).map((status) => `${operationId} ${status}`));
  return {
    documented: replies.length,
    missing: replies.filter((reply) => !seen.includes(reply)),
  };
}
