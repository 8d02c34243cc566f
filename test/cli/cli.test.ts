import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tool } from '../../src/about.ts';
import { run } from '../support/cli.ts';
import { agreeing, directoryOf, overlapping } from '../support/tree.ts';

describe('exit statuses', () => {
  test('0: the mesh agrees', async () => {
    const ran = await run(['clusters'], { cwd: directoryOf(agreeing) });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.stdout).toMatch(/^2 clusters, 2 files, 4 resources, \d+ rules: no findings {2}\(\d+\.\d s\)\n$/);
  });

  test('1: it does not, in every format', async () => {
    const cwd = directoryOf(overlapping);
    for (const format of ['text', 'json', 'github', 'sarif'])
      expect(await run(['clusters', '--format', format], { cwd })).toMatchObject({ status: 1, stderr: '' });
  });

  test.each([
    ['--fail-on', 'never', 0],
    ['--fail-on', 'warning', 1],
    ['--rule', 'network/*=warning', 0],
    ['--rule', 'network/pod-cidr-overlap=off', 0],
    ['--skip', 'network/*', 0],
    ['--only', 'trust/*', 0],
    ['--only', 'network/pod-cidr-overlap', 1],
  ])('%s %s gives %i', async (option, value, status) => {
    expect((await run(['clusters', option, value], { cwd: directoryOf(overlapping) })).status).toBe(status);
  });

  test('2: no rule is left to run', async () => {
    const ran = await run(['clusters', '--skip', '*'], { cwd: directoryOf(agreeing) });
    expect(ran).toMatchObject({ status: 2, stdout: '' });
    expect(ran.stderr).toContain('nothing was checked: --only, --skip and the severities leave no rule to run');
  });

  test('names that every object inherits are names like others', async () => {
    const kind = 'apiVersion: v1\nkind: constructor\nmetadata: { name: __proto__, namespace: toString }\n';
    const cwd = directoryOf({ ...agreeing, 'clusters/constructor/a.yaml': kind, 'clusters/__proto__/a.yaml': kind });
    expect(await run(['clusters'], { cwd })).toMatchObject({ status: 0, stderr: '' });
  });

  test('a file that is too large is said and never opened', async () => {
    const cwd = directoryOf(agreeing);
    truncateSync(join(cwd, Object.keys(agreeing)[0]!), 200 * 1024 * 1024);
    const ran = await run(['clusters'], { cwd });
    expect(ran.status).toBe(1);
    expect(ran.stdout).toContain('was not read: it has 200 MiB, more than the limit of 64 MiB  schema/parse');
  });

  test('files of no listed cluster and documents that were not read are said without being asked', async () => {
    const cwd = directoryOf({
      ...agreeing,
      'clusters/osaka/a.yaml': 'apiVersion: v1\nkind: Service\nmetadata: { name: cart, namespace: shop }\n',
      'clusters/east/t.yaml': '{{- if .Values.on }}\nkind: Service\n{{- end }}\n',
      'mesh-lint.yaml': 'clusters: { east: { paths: [clusters/east] }, west: { paths: [clusters/west] } }\n',
    });
    const ran = await run(['clusters'], { cwd });
    expect(ran.stderr).toBe(
      'note: 1 file belongs to none of the clusters that are listed and was not checked: clusters/osaka/a.yaml\n' +
        'note: 1 document was not read (--verbose says which and why)\n',
    );
  });

  test('--fail-on and --max-warnings look at what is left', async () => {
    const cwd = directoryOf(overlapping);
    const words = ['clusters', '--rule', 'network/pod-cidr-overlap=warning'];
    expect((await run([...words, '--fail-on', 'warning'], { cwd })).status).toBe(1);
    expect((await run([...words, '--max-warnings', '1'], { cwd })).status).toBe(0);
    expect((await run([...words, '--max-warnings', '0'], { cwd })).status).toBe(1);
  });

  test.each([
    [['nowhere'], 'no such file or directory: nowhere'],
    [['lnt'], 'did you mean the command lint?'],
    [['--formt', 'json'], 'unknown option --formt, did you mean --format?'],
    [['--format', 'yaml'], '--format yaml: not one of text, json, github, sarif'],
    [['--config'], '--config needs a value'],
    [['--config', 'gone.yaml'], 'no such configuration file: gone.yaml'],
    [
      ['--only', 'trust/shared-rot-ca'],
      '--only: no rule is named trust/shared-rot-ca, did you mean trust/shared-root-ca?',
    ],
    [['--skip', 'turst/*'], '--skip: no rule is named turst/*, did you mean trust/*?'],
    [['--rule', 'trust/shared-root-ca'], '--rule trust/shared-root-ca: write it as ID=off|info|warning|error'],
    [['--rule', 'trust/*=fatal'], 'fatal is not one of off, info, warning, error'],
    [['--max-warnings', 'few'], '--max-warnings few: not a whole number'],
    [['--istio-version', 'new'], '--istio-version new: not an Istio version such as 1.30'],
    [['--cluster', 'east'], 'write it as NAME=GLOB'],
    [['--output', 'yaml=x'], 'yaml is not one of text, json, github, sarif'],
    [['--output', 'json=clusters'], 'cannot write clusters'],
    [['explain', 'trust/shared'], 'no rule is named trust/shared'],
    [['explain'], 'an argument is missing'],
    [['--config', 'a', '--no-config'], '--config and --no-config exclude each other'],
    [['completion', 'fish'], 'bash and zsh, not fish'],
  ])('2: %j', async (words, message) => {
    const ran = await run(words, { cwd: directoryOf(agreeing) });
    expect(ran.stderr).toContain(message);
    expect(ran.stderr.split('\n')).toHaveLength(2);
    expect(ran).toMatchObject({ status: 2, stdout: '' });
  });

  test('2: nothing was checked', async () => {
    const cwd = directoryOf({ 'empty/readme.txt': '', 'words/notes.yaml': 'remark: hello\n' });
    expect(await run(['empty'], { cwd })).toEqual({
      status: 2,
      stdout: '',
      stderr: 'mesh-lint: nothing was checked: no YAML, JSON or PEM file in empty\n',
    });
    const words = await run(['words'], { cwd });
    expect(words.stderr).toContain('nothing was checked');
    expect(words.status).toBe(2);
  });

  test('a file that is not YAML is a finding, not the end', async () => {
    const cwd = directoryOf({ ...agreeing, 'clusters/east/broken.yaml': 'kind: [\n' });
    const ran = await run(['clusters'], { cwd });
    expect(ran.status).toBe(1);
    expect(ran.stdout).toContain('schema/parse');
  });

  test('3: a fault of the program is told as one, with its stack on demand', async () => {
    const broken = { cwd: directoryOf(agreeing), input: '' };
    const failing = {
      ...broken,
      env: new Proxy(
        {},
        {
          get: (_target, name) => {
            if (name === 'NO_COLOR') throw new TypeError('oops');
            return undefined;
          },
        },
      ),
    };
    const ran = await run(['clusters'], failing);
    expect(ran.status).toBe(3);
    expect(ran.stderr).toContain(`a fault in mesh-lint ${tool.version} itself: oops`);
    expect(ran.stderr).not.toContain('    at ');
    const detailed = await run(['rules', '--verbose'], failing);
    expect(detailed.stderr).toContain('    at ');
  });
});

describe('output', () => {
  test('--version and --help', async () => {
    const cwd = directoryOf({});
    expect(await run(['--version'], { cwd })).toEqual({ status: 0, stdout: `${tool.version}\n`, stderr: '' });
    const help = await run(['--help'], { cwd });
    expect(help).toMatchObject({ status: 0, stderr: '' });
    for (const word of ['--fail-on', '--cluster', 'Exit status:', 'Examples:', 'facts', 'topology', 'explain'])
      expect(help.stdout).toContain(word);
    for (const later of ['--baseline', '--fix', '--render', '--jobs', '--cache'])
      expect(help.stdout).not.toContain(later);
  });

  test('--output writes files beside standard output', async () => {
    const cwd = directoryOf(overlapping);
    const ran = await run(
      [
        'clusters',
        '--format',
        'github',
        '--output',
        'json=out/report.json',
        '--output=sarif=out/report.sarif',
        '--output',
        'text=report.txt',
      ],
      { cwd },
    );
    expect(ran.stdout).toContain('::error file=clusters/west/istio.yaml,line=');
    expect(JSON.parse(readFileSync(join(cwd, 'out/report.json'), 'utf8'))).toMatchObject({
      version: 1,
      summary: { errors: 1 },
    });
    expect(JSON.parse(readFileSync(join(cwd, 'out/report.sarif'), 'utf8'))).toMatchObject({ version: '2.1.0' });
    expect(readFileSync(join(cwd, 'report.txt'), 'utf8')).toContain('2 clusters, 2 files');
  });

  test('--quiet says nothing where nothing is found', async () => {
    expect((await run(['clusters', '--quiet'], { cwd: directoryOf(agreeing) })).stdout).toBe('');
  });

  test('--stats and --verbose go to standard error', async () => {
    const ran = await run(['clusters', '--stats', '--verbose'], { cwd: directoryOf(agreeing) });
    expect(ran.stderr).toMatch(/note: cluster east \(1 files\): /);
    expect(ran.stderr).toMatch(/peak memory +[\d,]+ MiB/);
    expect(ran.stdout).not.toContain('note:');
  });

  test.each([
    [[], {}, false, false],
    [[], {}, true, true],
    [[], { NO_COLOR: '1' }, true, false],
    [[], { FORCE_COLOR: '1' }, false, true],
    [[], { FORCE_COLOR: '0' }, true, false],
    [['--no-color'], { FORCE_COLOR: '1' }, true, false],
    [['--color'], { NO_COLOR: '1' }, false, true],
    [['--color=never'], {}, true, false],
    [['--color', 'always'], {}, false, true],
  ])('colours with %j %j terminal %j: %j', async (words, env, stdout, isColoured) => {
    const ran = await run([...words, 'clusters'], {
      cwd: directoryOf(overlapping),
      env,
      isTerminal: { stdout, stderr: stdout },
    });
    expect(ran.stdout.includes('\u001B[')).toBe(isColoured);
  });
});

describe('input', () => {
  test('no path means the working directory', async () => {
    expect((await run([], { cwd: directoryOf(overlapping) })).stdout).toContain('network/pod-cidr-overlap');
  });

  test('standard input', async () => {
    const ran = await run(['-'], { cwd: directoryOf({}), input: overlapping['clusters/east/istio.yaml'] ?? '' });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.stdout).toContain('1 cluster, 1 file, 2 resources');
  });

  test('--cluster takes the place of discovery', async () => {
    const cwd = directoryOf({
      'a/one.yaml': overlapping['clusters/east/istio.yaml'] ?? '',
      'b/two.yaml': overlapping['clusters/west/istio.yaml'] ?? '',
    });
    const ran = await run(['--cluster', 'red=a/**', '--cluster', 'blue=b', '--format', 'json'], { cwd });
    const { clusters } = JSON.parse(ran.stdout) as { clusters: { name: string; clusterId: string }[] };
    expect(clusters.map(({ name, clusterId }) => [name, clusterId])).toEqual([
      ['blue', 'west'],
      ['red', 'east'],
    ]);
  });
});

describe('other commands', () => {
  test('rules: the list with what is on', async () => {
    const cwd = directoryOf({ 'mesh-lint.yaml': 'rules: { trust/*: warning, network/pod-cidr-overlap: off }\n' });
    const ran = await run(['rules', '--format', 'json'], { cwd });
    const { rules } = JSON.parse(ran.stdout) as { rules: { id: string; on: boolean; severity: string }[] };
    expect(rules.find(({ id }) => id === 'network/pod-cidr-overlap')?.on).toBe(false);
    expect(rules.find(({ id }) => id === 'trust/shared-root-ca')?.severity).toBe('warning');
    expect((await run(['rules'], { cwd })).stdout).toMatch(/network\/pod-cidr-overlap +off/);
  });

  test('explain', async () => {
    const ran = await run(['explain', 'trust/shared-root-ca'], { cwd: directoryOf({}) });
    expect(ran.status).toBe(0);
    for (const head of ['Why', 'Fix', 'Example', 'mesh-lint-disable-next-line trust/shared-root-ca'])
      expect(ran.stdout).toContain(head);
  });

  test.each(['network', 'network/', 'network/*'])('explain %s lists the family', async (name) => {
    const { status, stdout } = await run(['explain', name], { cwd: directoryOf({}) });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^network\/pod-cidr-overlap +\S.*\.$/m);
    expect(stdout.split('\n').every((line) => line === '' || line.startsWith('network/'))).toBe(true);
  });

  test.each(['IST0101', 'ist0101'])('explain %s begins with the rules of the code', async (code) => {
    const { stdout } = await run(['explain', code], { cwd: directoryOf({}) });
    expect(stdout.split('\n')[0]).toBe('IST0101');
    expect(stdout).toMatch(/^traffic\/destination-in-mesh {2,}\S/m);
  });

  test.each(['facts', 'topology'])('%s in both formats', async (command) => {
    const cwd = directoryOf(agreeing);
    const text = await run([command, 'clusters'], { cwd });
    expect(text).toMatchObject({ status: 0, stderr: '' });
    expect(text.stdout).toContain('net-1');
    const data: unknown = JSON.parse((await run([command, 'clusters', '--format', 'json'], { cwd })).stdout);
    expect(data).toMatchObject({ version: 1 });
  });

  test('init writes what was found, once, and changes nothing', async () => {
    const cwd = directoryOf(overlapping);
    const before = await run(['--format', 'json'], { cwd });
    expect(await run(['init'], { cwd })).toEqual({
      status: 0,
      stdout: 'wrote mesh-lint.yaml: 2 clusters (east, west)\n',
      stderr: '',
    });
    expect(readFileSync(join(cwd, 'mesh-lint.yaml'), 'utf8')).toContain(
      '  east:\n    paths:\n      - clusters/east\n    # network: net-1\n',
    );
    expect((await run(['--format', 'json'], { cwd })).stdout).toBe(before.stdout);
    expect(await run(['init'], { cwd })).toMatchObject({
      status: 2,
      stderr: 'mesh-lint: mesh-lint.yaml is there already; --force overwrites it\n',
    });
    expect((await run(['init', '--force'], { cwd })).status).toBe(0);
    expect(existsSync(join(cwd, 'mesh-lint.yaml'))).toBe(true);
  });

  test('completion knows options and rules', async () => {
    const cwd = directoryOf({});
    const bash = await run(['completion'], { cwd, env: { SHELL: '/bin/bash' } });
    for (const word of ['--fail-on', 'trust/shared-root-ca', 'topology', 'complete -o default'])
      expect(bash.stdout).toContain(word);
    expect(bash.stdout).toContain("*' topology '*) words='text mermaid dot svg json'");
    const options = /words='(--[^']*)'/.exec(bash.stdout)?.[1]?.split(' ') ?? [];
    expect(options).toContain('--quiet');
    expect(new Set(options).size).toBe(options.length);
    expect((await run(['completion'], { cwd, env: { SHELL: '/usr/bin/zsh' } })).stdout).toContain('bashcompinit');
  });
});
