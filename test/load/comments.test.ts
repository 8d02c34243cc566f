import { describe, expect, it } from 'vitest';
import { readText } from '../../src/load/yaml.ts';
import type { SourceFile } from '../../src/model/index.ts';

const suppressionsOf = (text: string): readonly string[] => {
  const file: SourceFile = { path: 'east/mesh.yaml', absolute: undefined, bytes: text.length, text };
  return readText(file, text).suppressions.map(
    ({ document, line, scope, rules, reason }) =>
      `${document}/${line} ${scope} [${rules.join(' ')}]${reason === undefined ? '' : ` ${reason}`}`,
  );
};

describe('suppression comments', () => {
  it.each<[string, string, string[]]>([
    [
      'next line',
      'a: 1\n# mesh-lint-disable-next-line trust/shared-root-ca -- on purpose\nb: 2\n',
      ['0/2 next-line [trust/shared-root-ca] on purpose'],
    ],
    ['several rules', '# mesh-lint-disable-next-line a/b,c/d, e/f\na: 1\n', ['0/1 next-line [a/b c/d e/f]']],
    ['indented, without space', 'a:\n  #mesh-lint-disable-next-line a/b\n  b: 1\n', ['0/2 next-line [a/b]']],
    ['behind a value', 'a: 1 # mesh-lint-disable-next-line a/b\nb: 1\n', ['0/1 next-line [a/b]']],
    ['document', '# mesh-lint-disable a/* -- lab\na: 1\n', ['0/1 document [a/*] lab']],
    ['document, above the marker', '# mesh-lint-disable a/b\n---\na: 1\n', ['0/1 document [a/b]']],
    ['document, behind the marker', 'x: 1\n--- # mesh-lint-disable a/b\n# more\na: 1\n', ['1/2 document [a/b]']],
    ['document, too late', 'a: 1\n# mesh-lint-disable a/b\nb: 1\n', []],
    ['end of the document before', 'a: 1\n# mesh-lint-disable a/b\n---\nb: 1\n', []],
    ['empty document', '# mesh-lint-disable a/b\n---\n---\nb: 1\n', ['0/1 document [a/b]']],
    ['no rule', '# mesh-lint-disable\na: 1\n', ['0/1 document []']],
    ['no rule but a reason', '# mesh-lint-disable -- because\na: 1\n', ['0/1 document [] because']],
    ['reason with dashes', '# mesh-lint-disable a/b -- x -- y--z\na: 1\n', ['0/1 document [a/b] x -- y--z']],
    ['Windows line breaks', '# mesh-lint-disable a/b -- x\r\na: 1\r\n', ['0/1 document [a/b] x']],
    ['second document', 'a: 1\n---\nb: 1\n# mesh-lint-disable-next-line a/b\nc: 1\n', ['1/4 next-line [a/b]']],
    ['another word', '# mesh-lint-disabled a/b\n# mesh-lint-disable-line a/b\na: 1\n', []],
    ['prose', '# see mesh-lint-disable a/b\na: 1\n', []],
    ['in block text', 'a: |\n  # mesh-lint-disable-next-line a/b\n  b: 1\n', []],
    ['in quotes', 'a: "x\n  # mesh-lint-disable-next-line a/b\n  y"\n', []],
    ['a fragment of a value', 'a: x#mesh-lint-disable-next-line\n', []],
    ['behind block text', 'a: |\n  b: 1\n# mesh-lint-disable-next-line a/b\nc: 1\n', ['0/3 next-line [a/b]']],
    [
      'in a list with a bracket below its key',
      'a: [\n  # mesh-lint-disable-next-line a/b\n  x\n]\n',
      ['0/2 next-line [a/b]'],
    ],
    [
      'in a broken document, on its own line',
      'a: 1\n# mesh-lint-disable-next-line a/b\nb: [\n',
      ['0/2 next-line [a/b]'],
    ],
    ['in a broken document, behind something', 'a: "1 # mesh-lint-disable-next-line a/b\nb: [\n', []],
    ['at the top of a broken document', '---\n# mesh-lint-disable a/b\nb: [\n', ['0/2 document [a/b]']],
    [
      'several',
      '# mesh-lint-disable a/b\n# mesh-lint-disable c/d\na: 1\n# mesh-lint-disable-next-line e/f\nb: 1\n',
      ['0/1 document [a/b]', '0/2 document [c/d]', '0/4 next-line [e/f]'],
    ],
    ['only comments', '# mesh-lint-disable a/b\n', []],
  ])('%s', (_, text, expected) => {
    expect(suppressionsOf(text)).toEqual(expected);
  });
});
