/** The machine a figure was taken on; no figure is printed without it. */
import { cpus, loadavg, release } from 'node:os';

export function machineLine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const load = (loadavg()[0] ?? 0).toFixed(1);
  const system = `${process.platform} ${release()} ${process.arch}`;
  const { node, v8 } = process.versions;
  return `Node ${node}, V8 ${v8}; ${processors.length} × ${model}; ${system}; load ${load}`;
}
