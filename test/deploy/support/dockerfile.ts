import { readFileSync } from 'node:fs';

export interface Instruction {
  readonly name: string;
  readonly value: string;
}

export interface Stage {
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** The stages of the Dockerfile, in their order. It has no line that goes on in the next. */
export function readStages(): readonly Stage[] {
  const stages: { base: string; instructions: Instruction[] }[] = [];
  for (const line of readFileSync('Dockerfile', 'utf8').split('\n')) {
    const [, name = '', value = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    if (name === 'FROM') stages.push({ base: value.split(' ')[0] ?? '', instructions: [] });
    else if (name !== '') stages.at(-1)?.instructions.push({ name, value });
  }
  return stages;
}

/** Values of the instructions of this name. */
export function valuesOf({ instructions }: Stage, name: string): readonly string[] {
  return instructions.filter((instruction) => instruction.name === name).map(({ value }) => value);
}
