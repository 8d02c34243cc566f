import type { Severity } from '../model/index.ts';

export type Level = Severity | 'off';

export type Preset = 'recommended' | 'strict';
