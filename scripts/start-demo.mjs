// Starts the cloud simulator and, with it as the upstream, the gateway: two programs that know each other by address only.
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';

const children = [];
let stopping = false;

function stop(code) {
  if (stopping) return;
  stopping = true;
  process.exitCode = code;
  for (const child of children) child.kill('SIGTERM');
}

/** Starts a program and waits until it says where it listens. */
function start(program, env) {
  return new Promise((resolve) => {
    const child = fork(program, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    children.push(child);
    child.on('message', ({ type, url }) => type === 'listening' && resolve(url));
    child.on('exit', (code) => stop(code ?? 1));
  });
}

process.on('SIGINT', () => stop(0));
process.on('SIGTERM', () => stop(0));

const password = randomBytes(16).toString('hex');
const simulator = await start('dist/apps/cloud-simulator/src/main.js', {
  SIMULATOR_HOST: '127.0.0.1',
  SIMULATOR_PORT: process.env.SIMULATOR_PORT ?? '0',
  SIMULATOR_PASSWORD: password,
});
const gateway = await start('dist/apps/gateway/src/main.js', {
  GATEWAY_CONFIG: 'config/demo.yaml',
  SIMULATOR_URL: simulator,
  SIMULATOR_PASSWORD: password,
});

process.stdout.write(`
gateway          ${gateway}        (API: ${gateway}/docs)
cloud simulator  ${simulator}        (control: ${simulator}/_control)

Three clouds, one question:

  curl ${gateway}/tasks/apig/d9ce8c9eede54b3f841ec324fe0bfdc2
  curl ${gateway}/tasks/ims/ff8080814dbd65d7014dbe0d84db0013
  curl ${gateway}/tasks/dms/8abfa7b272adc5b40172b73130065ae7

Stop with Ctrl-C.
`);
