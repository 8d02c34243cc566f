import type { Severity } from '../model/index.ts';
import type { Rule } from '../rule/define.ts';
import type { Level, Preset } from './level.ts';
import { didYouMean } from './nearest.ts';
import { UsageError } from './usageError.ts';
import { fits } from './wildcard.ts';

export type { Level, Preset } from './level.ts';

/** One word on the severity of rules: an id or a pattern such as `trust/*`. */
export interface SeveritySetting {
  readonly rules: string;
  readonly level: Level;
  /** Where it is said, for messages: `--rule`, `mesh-lint.yaml:7:3`. */
  readonly said: string;
}

export interface Selection {
  /** Which rules are on where nothing is said of them; default `recommended`. */
  readonly preset?: Preset | undefined;
  /** In the order of the last word: later ones win. */
  readonly severities: readonly SeveritySetting[];
  readonly only: readonly string[];
  readonly skip: readonly string[];
}

export interface Selected {
  readonly rules: readonly Rule[];
  /** Severities that were set, by rule id; they hold for all findings of the rule. */
  readonly severities: ReadonlyMap<string, Severity>;
}

/** The rules that run, and their severities. Throws `UsageError` for a rule that does not exist. */
export const selectRules = (all: readonly Rule[], { preset, severities, only, skip }: Selection): Selected => {
  const levels = new Map<string, Level>();
  // Who names a rule wants it; a pattern only changes those that are on.
  const off = new Set(all.filter((rule) => rule.preset === 'strict' && preset !== 'strict').map((rule) => rule.id));
  for (const { rules, level, said } of severities) {
    for (const id of expand(all, rules, said)) levels.set(id, level);
    if (level !== 'off') off.delete(rules);
  }
  const wanted = new Set(only.flatMap((rules) => expand(all, rules, '--only')));
  const unwanted = new Set(skip.flatMap((rules) => expand(all, rules, '--skip')));
  const runs = (id: string): boolean =>
    !unwanted.has(id) && (only.length === 0 ? levels.get(id) !== 'off' && !off.has(id) : wanted.has(id));
  return {
    rules: all.filter((rule) => runs(rule.id)),
    severities: new Map([...levels].flatMap(([id, level]) => (level === 'off' ? [] : [[id, level] as const]))),
  };
};

const expand = (all: readonly Rule[], pattern: string, said: string): readonly string[] => {
  const found = all.filter((rule) => fits(pattern, rule.id)).map((rule) => rule.id);
  if (found.length > 0) return found;
  const names = pattern.includes('*')
    ? [...new Set(all.map((rule) => `${rule.id.split('/')[0]}/*`))]
    : all.map((rule) => rule.id);
  throw new UsageError(`${said}: no rule is named ${pattern}${didYouMean(pattern, names)}`);
};
