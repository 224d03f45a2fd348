// Starts the cloud simulator and, with it as the upstream, the gateway: two programs that know each other by address only.
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';

const children = [];
/** Exit code, once everything is to end. */
let ending;

function stop(code) {
  if (ending !== undefined) return;
  ending = code;
  for (const child of children) child.kill('SIGTERM');
  leave();
}

function leave() {
  if (children.every(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null)) process.exit(ending);
}

/** Starts a program and waits until it says where it listens. It ends with this one, whatever ends this one. */
function start(program, env) {
  return new Promise((resolve) => {
    if (ending !== undefined) return;
    // Detached: what a terminal sends to all, they would get twice.
    const options = { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'], detached: true };
    const child = fork(program, options);
    children.push(child);
    child.on('message', ({ type, url }) => type === 'listening' && resolve(url));
    child.on('exit', (code) => {
      stop(code ?? 1);
      leave();
    });
  });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0));

// A starter that is killed says nothing: it is no longer the parent.
const starter = Number(process.argv[2] ?? process.ppid);
setInterval(() => process.ppid === starter || stop(0), 200).unref();

const password = randomBytes(16).toString('hex');
const simulator = await start('dist/apps/cloud-simulator/src/main.js', {
  SIMULATOR_HOST: '127.0.0.1',
  // The port that the README names, unless somebody has it.
  SIMULATOR_PORT: process.env.SIMULATOR_PORT ?? '4010,0',
  SIMULATOR_PASSWORD: password,
});
const gateway = await start('dist/apps/gateway/src/main.js', {
  GATEWAY_CONFIG: 'config/demo.yaml',
  SIMULATOR_URL: simulator,
  SIMULATOR_PASSWORD: password,
});

const task = randomBytes(16).toString('hex');
process.stdout.write(`
gateway          ${gateway}        (API: ${gateway}/docs)
cloud simulator  ${simulator}        (control: ${simulator}/_control)

Three services, one question:

  curl ${gateway}/tasks/apig/d9ce8c9eede54b3f841ec324fe0bfdc2
  curl ${gateway}/tasks/ims/ff8080814dbd65d7014dbe0d84db0013
  curl ${gateway}/tasks/dms/8abfa7b272adc5b40172b73130065ae7

A task that runs for 20 seconds, then ends:

  curl -d '{"service": "ims", "id": "${task}", "runningMs": 20000}' ${simulator}/_control/tasks
  curl ${gateway}/tasks/ims/${task}

Stop with Ctrl-C.
`);
