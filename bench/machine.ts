/** The machine a figure was taken on; no figure is printed without it. */
import { cpus, loadavg, release } from 'node:os';

export function machineLine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const load = (loadavg()[0] ?? 0).toFixed(1);
  const system = `${process.platform} ${release()} ${process.arch}`;
  return `Node ${process.versions.node}, V8 ${process.versions.v8}; ${processors.length} × ${model}; ${system}; load ${load}`;
}
