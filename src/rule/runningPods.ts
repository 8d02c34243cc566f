import type { Workload } from '../facts/workloads.ts';
import { filled, get } from '../model/index.ts';

/** Read from a cluster: a Pod there shows what the injector did to it, one in a manifest is still to be injected. */
export const isRunning = ({ resource, spec }: Workload): boolean =>
  filled(get(resource.value, 'status', 'phase')) !== undefined ||
  filled(get(spec, 'nodeName')) !== undefined ||
  get(resource.value, 'metadata', 'uid') !== undefined;
