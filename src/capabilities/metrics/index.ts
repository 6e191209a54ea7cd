// metrics: what is counted and timed, and how Prometheus reads it (OPS-3). Its library is loaded only where there is an internal port.
// Not here: deciding anything. Labels come from fixed lists, never from what someone typed.
export { createMetrics, type Metrics, readAllWorkers } from './metrics.ts';
export { timed } from './timed.ts';
