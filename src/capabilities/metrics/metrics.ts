import type { Registry as PrometheusRegistry } from 'prom-client';

export interface Metrics {
  /** @param route a route's name, or `other` */
  request(labels: { method: string; route: string; status: number }, seconds: number): void;
  store(labels: { store: string; verb: string; outcome: 'ok' | 'error' }, seconds: number): void;
  /** An audit event. */
  event(labels: { type: string; outcome: string }): void;
  /** Everything in the text format of Prometheus. */
  read(): Promise<{ contentType: string; text: string }>;
}

export interface Gauges {
  hashing(): { running: number; waiting: number };
}

const REQUEST_SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const STORE_SECONDS = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1, 2.5];

async function library() {
  const { default: client } = await import('prom-client');
  return client;
}

/** The metrics of this process. */
export async function createMetrics(gauges: Gauges): Promise<Metrics> {
  const client = await library();
  // The default registry: the parent of several workers asks each for that one.
  const registry: PrometheusRegistry = client.register;
  registry.clear();
  client.collectDefaultMetrics({ register: registry });
  const requests = new client.Histogram({
    name: 'sallyport_http_request_seconds',
    help: 'Time from a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: REQUEST_SECONDS,
  });
  const stores = new client.Histogram({
    name: 'sallyport_store_seconds',
    help: 'Time of one verb of a store.',
    labelNames: ['store', 'verb', 'outcome'],
    buckets: STORE_SECONDS,
  });
  const events = new client.Counter({
    name: 'sallyport_events_total',
    help: 'Audit events by type and outcome.',
    labelNames: ['type', 'outcome'],
  });
  new client.Gauge({
    name: 'sallyport_hashing',
    help: 'Password hashes being computed, and waiting for a core.',
    labelNames: ['state'],
    collect() {
      const { running, waiting } = gauges.hashing();
      this.set({ state: 'running' }, running);
      this.set({ state: 'waiting' }, waiting);
    },
  });
  // Made once in a process that may be asked by its parent: it answers with the default registry.
  new client.AggregatorRegistry();
  return {
    request: (labels, seconds) => requests.observe(labels, seconds),
    store: (labels, seconds) => stores.observe(labels, seconds),
    event: (labels) => events.inc(labels),
    read: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

/** In the parent: reads the metrics of all workers, summed. */
export async function readAllWorkers(): Promise<() => Promise<{ contentType: string; text: string }>> {
  const client = await library();
  const aggregator = new client.AggregatorRegistry();
  return async () => ({
    contentType: aggregator.contentType,
    text: await aggregator.clusterMetrics(),
  });
}
