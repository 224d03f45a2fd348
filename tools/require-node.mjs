// Stops a command at its start where Node is too old for it; where one comes with `npm ci`, that one runs this.
const NEEDED = [24, 15];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  process.stderr.write(
    `Node ${NEEDED.join('.')} or newer is needed here, and this is ${process.version}. ` +
      'Only on Linux (x64, arm64) one comes with "npm ci".\n',
  );
  process.exit(1);
}
