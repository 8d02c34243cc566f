// Written by `npm test -- -u` from the files of this directory. Do not edit.
import schemaParse from './schema/parse.ts';
import type { Rule } from '../src/rule/define.ts';

export const rules: readonly Rule[] = [schemaParse];
