import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { locate } from '../../src/load/positions.ts';
import { InputError, readSource, walk } from '../../src/load/walk.ts';
import type { SourceFile } from '../../src/model/index.ts';

const made: string[] = [];
let root = '';

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'mesh-lint-walk-')));
  made.push(root);
});
afterAll(() => made.forEach((directory) => rmSync(directory, { recursive: true, force: true })));

const write = (files: Readonly<Record<string, string | Buffer>>): void => {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
};
const link = (target: string, path: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(target, join(root, path));
};
const pathsOf = (...paths: string[]): readonly string[] => walk(paths, root).files.map(({ path }) => path);
const notesOf = (...paths: string[]): readonly string[] => walk(paths, root).notes.map(({ message }) => message);

describe('which files are taken', () => {
  it('manifests and certificates, sorted by code unit, with their sizes', () => {
    write({
      'b/a.yaml': 'a: 1\n',
      'b/B.YML': '',
      'a/x.json': '{}',
      'a/root-cert.pem': '',
      'a/ca.crt': '',
      'a.yaml': '',
      'a/y.yaml.tpl': '',
      'a/README.md': '',
      'a/run.sh': '',
    });
    expect(pathsOf('.')).toEqual(['a.yaml', 'a/ca.crt', 'a/root-cert.pem', 'a/x.json', 'b/B.YML', 'b/a.yaml']);
    expect(walk(['b/a.yaml'], root).files).toEqual([{ path: 'b/a.yaml', absolute: join(root, 'b/a.yaml'), bytes: 5 }]);
  });

  it('nothing hidden, no packages, no settings of other tools', () => {
    write({
      '.git/a.yaml': '',
      '.github/workflows/ci.yaml': '',
      '.hidden.yaml': '',
      'node_modules/x/a.yaml': '',
      'package.json': '',
      'package-lock.json': '',
      'tsconfig.json': '',
      'tsconfig.base.json': '',
      'values.schema.json': '',
      'mesh-lint.yaml': '',
      'mesh-lint.yml': '',
      'pnpm-lock.yaml': '',
      'kept.yaml': '',
      'x.yaml/inner.yaml': '',
    });
    expect(pathsOf('.')).toEqual(['kept.yaml', 'x.yaml/inner.yaml']);
  });

  it('a file that is named is taken whatever its name', () => {
    write({ 'package.json': '{}', 'manifests.txt': '', '.hidden/a.yaml': '' });
    expect(pathsOf('package.json', 'manifests.txt', '.hidden')).toEqual([
      '.hidden/a.yaml',
      'manifests.txt',
      'package.json',
    ]);
  });

  it('overlapping paths give each file once', () => {
    write({ 'east/a.yaml': '', 'east/b/c.yaml': '' });
    link('east', 'west');
    expect(pathsOf('east', './east/', 'east/a.yaml', 'east/b', join(root, 'east'))).toEqual([
      'east/a.yaml',
      'east/b/c.yaml',
    ]);
    expect(pathsOf('west', 'east')).toEqual(['west/a.yaml', 'west/b/c.yaml']);
  });

  it('paths outside the working directory are shown in full', () => {
    write({ 'east/a.yaml': '', 'work/b.yaml': '', 'work/..c/d.yaml': '' });
    expect(walk(['../east', '.'], join(root, 'work')).files.map(({ path }) => path)).toEqual(
      [join(root, 'east/a.yaml'), 'b.yaml'].toSorted(),
    );
    expect(walk(['..c'], join(root, 'work')).files.map(({ path }) => path)).toEqual(['..c/d.yaml']);
  });

  it('an empty directory has none, and that is no error', () => {
    mkdirSync(join(root, 'empty'));
    expect(walk(['empty'], root)).toEqual({ files: [], problems: [], notes: [] });
  });

  it('a path that does not exist ends the call in plain words', () => {
    link('nowhere', 'dangling');
    link('loop', 'loop');
    write({ 'a.yaml': '' });
    expect(() => walk(['none'], root)).toThrow(new InputError('no such file or directory: none'));
    expect(() => walk(['a.yaml/b'], root)).toThrow(InputError);
    expect(() => walk(['dangling'], root)).toThrow(new InputError('no such file or directory: dangling'));
    expect(() => walk(['loop'], root)).toThrow(new InputError('loop cannot be read: its links lead to themselves'));
  });
});

describe('links', () => {
  it('inside the given paths are followed, under the name of the link', () => {
    write({ 'base/a.yaml': '', 'base/sub/b.yaml': '', 'c.yaml': '' });
    link('../base', 'east/common');
    link('../c.yaml', 'east/c.yaml');
    link('../base', 'west/common');
    expect(pathsOf('.')).toEqual([
      'base/a.yaml',
      'base/sub/b.yaml',
      'c.yaml',
      'east/c.yaml',
      'east/common/a.yaml',
      'east/common/sub/b.yaml',
      'west/common/a.yaml',
      'west/common/sub/b.yaml',
    ]);
    expect(notesOf('.')).toEqual([]);
  });

  it('that lead out, to nothing or in a circle are said once and not followed', () => {
    write({ 'in/a.yaml': '', 'out/secret.yaml': '', 'out/note.txt': '' });
    link('../out', 'in/out');
    link('../out/secret.yaml', 'in/file.yaml');
    link('../out/note.txt', 'in/note.txt');
    link('nowhere', 'in/dangling.yaml');
    link('self', 'in/self');
    link('..', 'in/sub/up');
    link('.', 'in/here');
    expect(pathsOf('in', './in')).toEqual(['in/a.yaml']);
    expect(notesOf('in', './in')).toEqual([
      'in/dangling.yaml was not followed: the link leads to nothing',
      'in/file.yaml was not followed: the link leads out of the given paths',
      'in/here was not followed: the link leads back to a directory around it',
      'in/out was not followed: the link leads out of the given paths',
      'in/self was not followed: the link leads to itself',
      'in/sub/up was not followed: the link leads back to a directory around it',
    ]);
  });

  it('that multiply are ended', () => {
    write({ 'd0/a.yaml': '' });
    for (let level = 1; level < 16; level++) {
      link(`../d${level - 1}`, `d${level}/left`);
      link(`../d${level - 1}`, `d${level}/right`);
    }
    const { files, notes } = walk(['.'], root);
    expect(files.length).toBeLessThan(2_000);
    expect(notes.some(({ message }) => message.includes('more than 64 times'))).toBe(true);
  });
});

describe('what is never opened', () => {
  it('a pipe', () => {
    write({ 'a.yaml': '' });
    execFileSync('mkfifo', [join(root, 'pipe.yaml')]);
    expect(pathsOf('.')).toEqual(['a.yaml']);
    expect(notesOf('.')).toEqual(['pipe.yaml was not read: it is no regular file']);
    expect(() => walk(['pipe.yaml'], root)).toThrow(new InputError('pipe.yaml is neither a file nor a directory'));
  });

  it('a file of 200 MB', () => {
    const descriptor = openSync(join(root, 'huge.yaml'), 'w');
    ftruncateSync(descriptor, 200_000_000);
    closeSync(descriptor);
    const { files, problems } = walk(['.', 'huge.yaml'], root);
    expect(files).toEqual([]);
    expect(problems.map(({ place, message }) => `${place.file.path} ${message}`)).toEqual([
      'huge.yaml was not read: it has 190.7 MiB, more than the limit of 64 MiB',
    ]);
  });

  it('a file above another limit', () => {
    write({ 'a.yaml': 'x'.repeat(2_000) });
    expect(walk(['.'], root, { maxFileBytes: 1_000 }).problems.map(({ message }) => message)).toEqual([
      'was not read: it has 2 KiB, more than the limit of 1000 bytes',
    ]);
    expect(walk(['.'], root, { maxFileBytes: 2_000 }).files).toHaveLength(1);
  });

  it.skipIf(process.getuid?.() === 0)('a directory without permission', () => {
    write({ 'shut/a.yaml': '', 'b.yaml': '' });
    chmodSync(join(root, 'shut'), 0);
    const { files, problems } = walk(['.'], root);
    chmodSync(join(root, 'shut'), 0o700);
    expect(files.map(({ path }) => path)).toEqual(['b.yaml']);
    expect(problems.map(({ place, message }) => `${place.file.path} ${message}`)).toEqual([
      'shut cannot be read: permission denied',
    ]);
  });
});

describe('reading a file', () => {
  const sourceOf = (content: string | Buffer): ReturnType<typeof readSource> => {
    write({ 'x.yaml': content });
    return readSource({ path: 'x.yaml', absolute: join(root, 'x.yaml'), bytes: 0 });
  };
  const wide = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, 'utf16le');

  it.each<[string, string | Buffer, string]>([
    ['UTF-8', 'a: ä 😀\n', 'a: ä 😀\n'],
    ['byte order mark', '\uFEFFa: 1\n', 'a: 1\n'],
    ['UTF-16, little end first', wide('a: ä\n'), 'a: ä\n'],
    ['UTF-16, big end first', wide('a: ä\n').swap16(), 'a: ä\n'],
    ['nothing', '', ''],
  ])('%s', (_, content, text) => {
    expect(sourceOf(content)).toEqual({ text });
  });

  it.each<[string, Buffer, string, string]>([
    ['NUL byte', Buffer.from('a: ä\nb: \0x\n'), '2:4', 'is not text: it holds a NUL byte'],
    [
      'broken UTF-8',
      Buffer.concat([Buffer.from('a: ä\nb: ö\uFFFD'), Buffer.from([0xff, 0x41])]),
      '2:6',
      'is not text in UTF-8',
    ],
    ['UTF-8 that ends early', Buffer.from([0x61, 0x0a, 0xe2, 0x82]), '2:1', 'is not text in UTF-8'],
    ['program', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0]), '1:8', 'is not text: it holds a NUL byte'],
  ])('%s', (_, content, at, message) => {
    const read = sourceOf(content);
    if (!('problem' in read)) throw new Error('was read');
    const { line, column } = locate(read.problem.place);
    expect([`${line}:${column}`, read.problem.message, read.problem.rule]).toEqual([at, message, 'schema/parse']);
  });

  it('a file that cannot be read says why, without its path on this machine', () => {
    mkdirSync(join(root, 'directory.yaml'));
    const file = (path: string): SourceFile => ({ path, absolute: join(root, path), bytes: 0 });
    const messages = ['directory.yaml', 'gone.yaml', 'gone/x.yaml'].map((path) => {
      const read = readSource(file(path));
      return 'problem' in read ? read.problem.message : read.text;
    });
    expect(messages).toEqual([
      'cannot be read: it is a directory',
      'cannot be read: it is gone',
      'cannot be read: it is gone',
    ]);
  });

  it('text that came with the call is taken as it is', () => {
    expect(readSource({ path: '<stdin>', absolute: undefined, bytes: 4, text: '\uFEFFa: 1' })).toEqual({
      text: 'a: 1',
    });
    expect(readSource({ path: '<stdin>', absolute: undefined, bytes: 0 })).toEqual({ text: '' });
  });
});
