import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { get, list, record, text } from '../../src/model/index.ts';
import { root, run } from './run.ts';

const lint = (...args: readonly string[]) => run(process.execPath, ['dist/cli.js', ...args], root);

const rulesOf = (stdout: string): ReadonlySet<string> =>
  new Set(list(get(JSON.parse(stdout), 'findings')).map((finding) => text(get(finding, 'rule')) ?? ''));

describe('examples', () => {
  it('explain each rule that speaks about the fleet, and no other', () => {
    const { stdout, status } = lint('examples/fleet/clusters', '--format=json');
    const page = readFileSync(join(root, 'examples/fleet/README.md'), 'utf8');
    const explained = new Set([...page.matchAll(/^### .*`([a-z]+\/[a-z-]+)`$/gm)].map(([, rule]) => rule));
    expect(status).toBe(1);
    expect(rulesOf(stdout)).toEqual(explained);
  });

  it('are silent once repaired', () => {
    const { stdout, status } = lint('examples/clean/clusters', '--format=json', '--fail-on=info');
    expect(rulesOf(stdout)).toEqual(new Set());
    expect(status).toBe(0);
  });
});

describe('README', () => {
  const page = readFileSync(join(root, 'README.md'), 'utf8');
  const blockAfter = (heading: string): readonly string[] =>
    /```\w*\n([\s\S]*?)```/
      .exec(page.slice(page.indexOf(heading)))?.[1]
      ?.trimEnd()
      .split('\n') ?? [];

  it('has a quick start of two lines, the second of which is what CI runs', () => {
    const section = page.slice(page.indexOf('## Quick start')).split(/^## /m)[1] ?? '';
    expect(section.match(/^```/gm)).toHaveLength(2);
    expect(blockAfter('## Quick start')).toEqual([expect.stringContaining('examples/fleet'), 'npm ci && npm test']);
  });

  it('shows a configuration that can be used', () => {
    const schema: unknown = JSON.parse(readFileSync(join(root, 'schemas/config.schema.json'), 'utf8'));
    const validate = new Ajv({ strict: false }).compile(record(schema));
    validate(load(blockAfter('## Configuration').join('\n')));
    expect(validate.errors).toBeNull();
  });

  it('shows what the tool prints', () => {
    const { stdout } = lint('examples/fleet/clusters');
    const shown = blockAfter('<!-- sample -->').filter((line) => line !== '…');
    expect(shown.length).toBeGreaterThan(5);
    for (const line of shown) expect(stdout.split('\n')).toContain(line);
  });
});

describe('the written pages', () => {
  it.each([
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'docs/architecture.md',
    'examples/fleet/README.md',
    'examples/clean/README.md',
  ])('%s leads nowhere into the void', (page) => {
    const links = [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)].map(
      ([, link]) => link ?? '',
    );
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });
});
