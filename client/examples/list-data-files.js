// Lists the data files that a process has mapped: node list-data-files.js PID [PIPE]
//
// Prints address, size and path of each view. Exit: 0 the list is complete, 1 it is not.
'use strict';
const net = require('net');
const readline = require('readline');

const pid = Number(process.argv[2]);
const name = process.argv[3] || String.raw`\\.\pipe\ProtectedPrefix\Administrators\lsmap`;
const request = JSON.stringify({ op: 'maps', pid, kinds: ['data'] }) + '\n';
// While every instance of the pipe has a client, Node itself waits up to 30 seconds.
const pipe = net.connect(name, () => pipe.write(request));
let count = 0;
let problem = 'the reply was cut off';
let missing = null; // why something is not in the list

const lines = readline.createInterface({ input: pipe });
lines.on('line', (line) => {
  const row = JSON.parse(line);
  if (row.type === 'map') {
    console.log([row.base, row.size, row.path || row.device_path].join('\t'));
  } else if (row.type === 'process_error') {
    missing = row.message;
  } else if (row.type === 'error') {
    problem = row.message;
  } else if (row.type === 'end') {
    problem = row.rows === count ? missing : 'rows are missing';
  }
  if (row.type === 'end' || row.type === 'error') pipe.destroy();
  count += 1;
});
for (const source of [pipe, lines]) { // Node 16 and later report it to both
  source.on('error', (error) => { problem = error.message; });
}
pipe.on('close', () => {
  if (problem === null) return;
  console.error(problem);
  process.exitCode = 1;
});
