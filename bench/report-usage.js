// Preloaded into a measured process: on exit, or when told by SIGUSR2, writes its CPU time and peak memory to file
// descriptor 3. Told, it ends there and then.
import { writeSync } from 'node:fs';

function report() {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeSync(3, JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMb: maxRSS / 1024 }));
}

process.on('exit', report);
process.on('SIGUSR2', () => {
  report();
  process.kill(process.pid, 'SIGKILL');
});
