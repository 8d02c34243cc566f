import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { load } from 'js-yaml';
import { beforeAll, describe, expect, test } from 'vitest';
import { ruleUrl } from '../../src/about.ts';
import type { Checked } from '../../src/lint.ts';
import { runLint } from '../../src/lint.ts';
import { json } from '../../src/report/json.ts';
import { sarif } from '../../src/report/sarif.ts';
import { run } from '../support/cli.ts';
import { directoryOf, overlapping } from '../support/tree.ts';

const read = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;

const errorsOf = (schema: Record<string, unknown>, value: unknown): unknown => {
  const validate = new Ajv({ allErrors: true, strict: false, validateFormats: false, unicodeRegExp: false }).compile(
    schema,
  );
  validate(value);
  return validate.errors ?? [];
};

let fleet: Checked;
beforeAll(async () => {
  fleet = await runLint({ paths: ['examples/fleet/clusters'], config: false });
});

describe('schemas', () => {
  test('the JSON report', () => {
    expect(fleet.report.findings.length).toBeGreaterThan(5);
    expect(errorsOf(read('schemas/report.schema.json'), JSON.parse(json(fleet.report)))).toEqual([]);
  });

  test('the report of a broken file, which belongs to no cluster', async () => {
    const { report } = await runLint({ cwd: directoryOf({ 'a.yaml': 'a: [\n' }) });
    expect(report.findings).toHaveLength(1);
    expect(errorsOf(read('schemas/report.schema.json'), JSON.parse(json(report)))).toEqual([]);
  });

  test('SARIF, with and without findings', async () => {
    // The official schema is draft-04, of which it uses nothing that draft-07 reads otherwise.
    const { id: _id, $schema: _schema, ...schema } = read('test/schemas/sarif-2.1.0.json');
    expect(errorsOf(schema, JSON.parse(sarif(fleet.report, fleet.rules, ruleUrl)))).toEqual([]);
    const clean = await runLint({ paths: ['examples/clean/clusters'], config: false });
    expect(errorsOf(schema, JSON.parse(sarif(clean.report, clean.rules, () => 'https://rules.example/x')))).toEqual([]);
    expect(errorsOf(schema, { version: '2.1.0', runs: [{}] })).not.toEqual([]);
  });

  test('what init writes fits the schema of mesh-lint.yaml', async () => {
    const cwd = directoryOf(overlapping);
    await run(['init'], { cwd });
    const written: unknown = load(readFileSync(`${cwd}/mesh-lint.yaml`, 'utf8'));
    expect(errorsOf(read('schemas/config.schema.json'), written)).toEqual([]);
    expect(errorsOf(read('schemas/config.schema.json'), { clusters: { a: { netwrok: 'x' } } })).not.toEqual([]);
  });
});
