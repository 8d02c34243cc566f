// Readers that several facts share: what Helm values, mesh configs, env, arguments and injection of one cluster say.
export * from './sources/containers.ts';
export * from './sources/env.ts';
export * from './sources/injection.ts';
export * from './sources/meshConfig.ts';
export * from './sources/text.ts';
export * from './sources/values.ts';
export type { Overridden } from './sources/layers.ts';
