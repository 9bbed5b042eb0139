import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Microseconds of CPU that a process, its children and those that these have outlived have used so far. */
export function cpuMicroseconds(pid) {
  const fields = statOf(pid);
  // utime, stime, cutime, cstime: fields 14 to 17 of proc(5), and the first here is the third.
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  const own = (ticks * 1_000_000) / ticksPerSecond;
  return childrenOf(pid).reduce((sum, child) => sum + cpuMicroseconds(child), own);
}

/** Lets the peak of a process's memory begin anew, with what it holds now. */
export function resetPeakMemory(pid) {
  for (const each of [pid, ...childrenOf(pid)]) writeFileSync(`/proc/${each}/clear_refs`, '5');
}

/** Bytes that a process and its children have held in memory at most since then (VmHWM, added up). */
export function peakMemory(pid) {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return childrenOf(pid).reduce((sum, child) => sum + peakMemory(child), Number(kilobytes) * 1_024);
}

/** The fields of /proc/PID/stat after the name, which may itself hold blanks and parentheses. */
function statOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function childrenOf(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}
