// Runs an example 30 times at once, each in a thread of its own: node busy.js EXAMPLE PID PIPE
//
// Prints what fails. Exit: 0 nothing did, 1 something did.
'use strict';
const { Worker } = require('worker_threads');

for (let i = 0; i < 30; i++) {
  const worker = new Worker(process.argv[2], { argv: process.argv.slice(3), stdout: true, stderr: true });
  worker.stdout.resume();
  const fail = (what) => {
    console.error(String(what));
    process.exitCode = 1;
  };
  worker.stderr.on('data', fail);
  worker.on('error', fail);
  worker.on('exit', (code) => { if (code !== 0) fail(`exit code ${code}`); });
}
