// Runs the fixtures: fixtures/<family>/<rule>/<case>/<cluster>/…, marks in comments, the report in expected.txt.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runLint } from '../../src/lint.ts';
import { text } from '../../src/report/text.ts';
import type { Rule } from '../../src/rule/define.ts';

const directories = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();

/** [rule id, case, directory] of every fixture of the families of rules. */
export const cases = (root: string): readonly (readonly [rule: string, name: string, directory: string])[] =>
  directories('rules').flatMap((family) =>
    !directories(root).includes(family)
      ? []
      : directories(join(root, family)).flatMap((rule) =>
          directories(join(root, family, rule)).map(
            (name) => [`${family}/${rule}`, name, join(root, family, rule, name)] as const,
          ),
        ),
  );

const filesBelow = (directory: string): string[] =>
  (readdirSync(directory, { recursive: true }) as string[])
    .filter((name) => /\.(ya?ml|json|pem|crt)$/.test(name))
    .toSorted();

/** `file:line severity rule` of every mark; lines that hold only comments mean the next line that does not. */
export const marks = (directory: string): string[] =>
  filesBelow(directory).flatMap((path) => {
    const lines = readFileSync(join(directory, path), 'utf8').split('\n');
    return lines.flatMap((line, index) =>
      [...line.matchAll(/# expect: (\S+)(?: (error|warning|info))?(?=\s|$)/g)].map(([, rule, severity]) => {
        let at = index;
        while (/^\s*#/.test(lines[at] ?? '') && at < lines.length - 1) at++;
        return `${path}:${at + 1} ${severity ?? '*'} ${rule}`;
      }),
    );
  });

export interface CaseResult {
  readonly marks: readonly string[];
  /** In the form of `marks`, with the severity only where the mark names one. */
  readonly found: readonly string[];
  /** The text report; empty where the rule is silent. */
  readonly report: string;
}

/** Lints one case with one rule. */
export const runCase = async (rule: Rule, directory: string): Promise<CaseResult> => {
  const cwd = resolve(directory);
  const clusters = directories(cwd).map((name) => ({ name, paths: [name] }));
  const config = readdirSync(cwd).includes('mesh-lint.yaml') ? 'mesh-lint.yaml' : false;
  // The day on which the certificates of the fixtures are looked at, unless the case names another.
  const saysNow = config !== false && /^now:/m.test(readFileSync(join(cwd, config), 'utf8'));
  const now = saysNow ? undefined : new Date('2026-11-21T00:00:00Z');
  const { report, session } = await runLint(
    { paths: ['.'], cwd, clusters, shareRest: true, config, now, preset: 'strict' },
    [rule],
  );
  const wanted = marks(cwd);
  const found = report.findings.map((finding) => {
    const line = `${finding.file}:${finding.line}`;
    const exact = `${line} ${finding.severity} ${finding.rule}`;
    return wanted.includes(exact) ? exact : `${line} * ${finding.rule}`;
  });
  return {
    marks: [...new Set(wanted)].toSorted(),
    found: [...new Set(found)].toSorted(),
    report: text(report, { lines: (path) => session.lines(path).map(withoutMark), withoutSummary: true }),
  };
};

const withoutMark = (line: string): string => line.replace(/\s*# expect: .*$/, '');
