import { createContext } from 'node:vm';
import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';

/** The process itself, not a context within it: see runner.js. */
export default class ProcessEnvironment {
  constructor({ projectConfig }) {
    this.global = globalThis;
    this.moduleMocker = new ModuleMocker(globalThis);
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
    // Jest replaces both for each file of tests.
    this.console = globalThis.console;
    this.exit = Object.getOwnPropertyDescriptor(process, 'exit');
  }

  async setup() {}

  async teardown() {
    this.fakeTimersModern.dispose();
    globalThis.console = this.console;
    Object.defineProperty(process, 'exit', this.exit);
  }

  /** Jest wants one; nothing runs in it. */
  getVmContext() {
    return (this.context ??= createContext());
  }
}
