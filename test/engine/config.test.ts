import { describe, expect, test } from 'vitest';
import { lint } from '../../src/lint.ts';
import { run } from '../support/cli.ts';
import { agreeing, directoryOf, overlapping } from '../support/tree.ts';

const message = async (config: string, files = agreeing): Promise<string> => {
  const ran = await run(['clusters'], { cwd: directoryOf({ ...files, 'mesh-lint.yaml': config }) });
  expect(ran.status).toBe(2);
  return ran.stderr;
};

describe('mesh-lint.yaml: what cannot be used', () => {
  test.each([
    ['istioVersion: 1.30\n', 'mesh-lint.yaml:1:1 istioVersion is the number 1.3 to YAML; write it in quotes'],
    ['istioVersion: latest\n', 'not an Istio version such as "1.30"'],
    [
      'clusters:\n  east:\n    netwrok: a\n',
      'mesh-lint.yaml:3:5 unknown key netwrok in clusters.east, did you mean network?',
    ],
    [
      'rules:\n  trust/shared-rot-ca: error\n',
      'mesh-lint.yaml:2:3 unknown rule trust/shared-rot-ca in rules, did you mean trust/shared-root-ca?',
    ],
    ['rules:\n  trust/*: fatal\n', 'mesh-lint.yaml:2:3 rules.trust/* is "fatal", not one of off, info, warning, error'],
    [
      'options:\n  network/pod-cidr-overlap: { natt: true }\n',
      'unknown key natt in options.network/pod-cidr-overlap, did you mean nat?',
    ],
    [
      'options:\n  network/pod-cidr-overlap: { nat: 3 }\n',
      'options.network/pod-cidr-overlap.nat is 3, not true or false',
    ],
    ['clusters: [east]\n', 'clusters is a list, not a map'],
    ['clusters: { east: { podCidrs: [10.0.0.0] } }\n', 'not a range such as 10.0.0.0/16'],
    ['clusters: { east: { rootCA: gone.pem } }\n', 'rootCA: no such file: gone.pem'],
    ['clusters: { east: { rootCA: mesh-lint.yaml } }\n', 'holds no PEM certificate'],
    [
      'clusters:\n  eest: { network: a }\n',
      'mesh-lint.yaml:2:3 names cluster eest, which was not found, did you mean east? (found: east, west)',
    ],
    [
      'clusters: { east: { paths: [clusters/east] }, west: {} }\n',
      'clusters.west has no paths, while other clusters have',
    ],
    ['meshes: { main: { clusters: [east, nort] } }\n', 'names cluster nort'],
    ['uses: { wst: [a.b] }\n', 'names cluster wst, which was not found, did you mean west?'],
    ['complete:\n  - Node\n  - Sekret\n', 'mesh-lint.yaml:3:5 unknown kind Sekret in complete, did you mean Secret?'],
    ['complete: [service, services]\n', 'mesh-lint.yaml:1:21 unknown kind services in complete, did you mean service?'],
    ['now: tomorrow\n', 'now is "tomorrow", not a date such as 2026-11-21'],
    ['now: 2026-99-21\n', 'which is no date'],
    ['ignore: [{}]\n', 'ignore.0 is empty'],
    ['a: [\n', 'mesh-lint.yaml:1:4'],
    ['{}\n---\n{}\n', 'holds 2 documents'],
    ['- a\n', 'mesh-lint.yaml is a list, not a map'],
  ])('%j', async (config, expected) => {
    expect(await message(config)).toContain(expected);
  });

  test('all that is wrong is told, in the order of the file', async () => {
    const lines = (await message('nope: 1\nistioVersion: 2\nrules: { a/b: off }\n')).trimEnd().split('\n');
    expect(lines.map((line) => line.replace(/ (?:unknown|istio).*/, ''))).toEqual([
      'mesh-lint: mesh-lint.yaml:1:1',
      'mesh-lint: mesh-lint.yaml:2:1',
      'mesh-lint: mesh-lint.yaml:3:10',
    ]);
  });
});

describe('mesh-lint.yaml: what it does', () => {
  const errors = async (config: string, files = overlapping, path = 'clusters'): Promise<number> => {
    const cwd = directoryOf({ ...files, 'mesh-lint.yaml': config });
    return (await lint({ cwd, paths: [path] })).summary.errors;
  };

  test.each([
    ['', 1],
    ['rules: { network/pod-cidr-overlap: off }', 0],
    ['rules: { network/*: warning, network/pod-cidr-overlap: error }', 1],
    ['rules: { network/pod-cidr-overlap: error, network/*: warning }', 0],
    ['clusters: { west: { podCidrs: [10.200.0.0/16] } }', 0],
    ['options: { network/pod-cidr-overlap: { nat: true } }', 0],
    ['clusters: { east: { paths: [clusters/east] }, west: { paths: ["clusters/w*"] } }', 1],
    ['ignore: [{ rule: network/*, reason: known }]', 0],
  ])('%s', async (config, expected) => {
    expect(await errors(`${config}\n`)).toBe(expected);
  });

  test('it is found above the path, up to the root of the work tree', async () => {
    expect(await errors('rules: { network/*: off }\n', overlapping, 'clusters')).toBe(0);
    const beyond = directoryOf({
      'mesh-lint.yaml': 'rules: { network/*: off }\n',
      'tree/.git/HEAD': '',
      ...Object.fromEntries(Object.entries(overlapping).map(([path, text]) => [`tree/${path}`, text])),
    });
    expect((await lint({ cwd: `${beyond}/tree`, paths: ['clusters'] })).summary.errors).toBe(1);
  });

  test('options of the call are over it', async () => {
    const cwd = directoryOf({ ...overlapping, 'mesh-lint.yaml': 'rules: { network/*: off }\n' });
    expect((await lint({ cwd, rules: { 'network/pod-cidr-overlap': 'error' } })).summary.errors).toBe(1);
    expect((await lint({ cwd, config: false })).summary.errors).toBe(1);
  });

  test('paths with different configurations have to choose', async () => {
    const cwd = directoryOf({ 'a/mesh-lint.yaml': '{}\n', 'b/mesh-lint.yaml': '{}\n' });
    expect((await run(['a', 'b'], { cwd })).stderr).toContain(
      'a/mesh-lint.yaml and b/mesh-lint.yaml: choose one with --config',
    );
  });

  test('listed clusters and a path that is none of theirs', async () => {
    const cwd = directoryOf({
      ...overlapping,
      'other/x.yaml': 'kind: A\n',
      'mesh-lint.yaml': 'clusters: { east: { paths: [clusters/east] }, west: { paths: [clusters/west] } }\n',
    });
    expect((await run(['other'], { cwd })).stderr).toContain('no file in other belongs to a listed cluster');
    expect((await run(['-'], { cwd, input: 'kind: A\n' })).stderr).toContain('nothing of standard input was checked');
  });
});
