export * from './place.ts';
export * from './read.ts';
export * from './resource.ts';
export * from './fact.ts';
export * from './cluster.ts';
export * from './finding.ts';
export * from './resources.ts';
