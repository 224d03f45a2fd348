import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isObject } from '@gateway/tasks';

/** Thrown for control input that cannot be obeyed; says everything that is wrong with it. */
export class InputError extends Error {
  override readonly name = 'InputError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('; '));
  }
}

/**
 * Reads the members of an input and collects what is wrong with them. What cannot be read comes back as a stand-in of
 * the right type; {@link Fields.finish} throws before anybody uses it.
 */
export interface Fields {
  readonly word: <T extends string>(name: string, words: readonly T[], fallback?: T) => T;
  /** Text with something in it. */
  readonly text: (name: string, fallback?: string) => string;
  readonly optionalText: (name: string) => string | undefined;
  readonly integer: (name: string, from: number, to: number, fallback?: number) => number;
  /** Text that can be sent as the value of a header. */
  readonly header: (name: string) => string;
  readonly headers: (name: string) => Readonly<Record<string, string>>;
  readonly value: (name: string) => unknown;
  readonly has: (name: string) => boolean;
  readonly problem: (text: string) => void;
  /** @throws InputError if anything was wrong, or a member was never asked for */
  readonly finish: () => void;
}

export function readFields(input: unknown): Fields {
  if (!isObject(input)) throw new InputError(['the body must be a JSON object']);
  const problems: string[] = [];
  const known = new Set<string>();
  const has = (name: string): boolean => Object.hasOwn(input, name) && input[name] !== undefined;
  const value = (name: string): unknown => {
    known.add(name);
    return has(name) ? input[name] : undefined;
  };
  const wrong = <T>(text: string, standIn: T): T => {
    problems.push(text);
    return standIn;
  };

  return {
    has,
    value,
    problem: (text) => void problems.push(text),
    word(name, words, fallback) {
      const given = value(name) ?? fallback;
      const word = words.find((candidate) => candidate === given);
      return word ?? wrong(`${name} must be one of ${words.join(', ')}`, words[0] as (typeof words)[number]);
    },
    text(name, fallback) {
      const given = value(name) ?? fallback;
      return typeof given === 'string' && given !== '' ? given : wrong(`${name} must be a text that is not empty`, '');
    },
    optionalText(name) {
      const given = value(name);
      return given === undefined || typeof given === 'string' ? given : wrong(`${name} must be a text`, undefined);
    },
    integer(name, from, to, fallback) {
      const given = value(name) ?? fallback;
      if (typeof given === 'number' && Number.isInteger(given) && given >= from && given <= to) return given;
      return wrong(`${name} must be an integer from ${from} to ${to}`, from);
    },
    header(name) {
      const given = value(name);
      return isHeader('x', given) ? given : wrong(`${name} must be a text that can be sent as a header`, '');
    },
    headers(name) {
      const given = value(name) ?? {};
      if (!isObject(given)) return wrong(`${name} must be an object`, {});
      for (const [header, text] of Object.entries(given))
        if (!isHeader(header, text)) problems.push(`${name}: ${JSON.stringify(header)} cannot be sent as a header`);
      return given as Readonly<Record<string, string>>;
    },
    finish() {
      const unknown = Object.keys(input).filter((name) => !known.has(name));
      const all = [...problems, ...unknown.map((name) => `${name} is not known here`)];
      if (all.length > 0) throw new InputError(all);
    },
  };
}

function isHeader(name: string, value: unknown): value is string {
  if (typeof value !== 'string') return false;
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
