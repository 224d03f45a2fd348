import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from '../../../apps/cloud-simulator/src/simulator.js';
import type { Simulator } from '../../../apps/cloud-simulator/src/simulator.js';

/** A simulated cloud and a folder for secrets, for all tests of a file. */
export interface SecretsStage {
  readonly simulator: Simulator;
  readonly folder: string;
}

/** @param endTest after each test */
export function secretsStage(endTest: () => unknown): SecretsStage {
  let simulator: Simulator;
  let folder: string;
  beforeAll(async () => {
    simulator = await startSimulator();
    folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  });
  afterEach(async () => {
    await endTest();
  });
  afterAll(async () => {
    await simulator.close();
    rmSync(folder, { recursive: true });
  });
  return {
    get simulator() {
      return simulator;
    },
    get folder() {
      return folder;
    },
  };
}
