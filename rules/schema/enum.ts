import { minorsInWords } from '../../src/facts/version.ts';
import { defineRule } from '../../src/rule/define.ts';
import { didYouMean } from '../../src/rule/nearest.ts';
import { problemsOf, whereOf } from '../../src/rule/schema/problems.ts';

export default defineRule({
  id: 'schema/enum',
  severity: 'error',
  istio: 'all',
  summary: 'Fields with fixed words hold one of them.',
  why: 'The API server refuses the whole object: the cluster goes on with the last version of it, or without it.',
  fix: 'Write one of the words that the field takes, in its spelling and case.',
  reads: ['Istio kinds', 'meshConfig', 'IstioOperator', 'istioVersion'],
  aliases: ['IST0106'],
  messages: { unknown: '{cluster}: {object} has {value} at {path}{guess} Istio {version} takes {words}' },
  check(mesh, report) {
    for (const found of problemsOf(mesh, 'enum')) {
      const { name, wanted } = found.problem;
      report('unknown', whereOf(found, 'error'), {
        cluster: found.member.name,
        object: found.what,
        value: JSON.stringify(name),
        path: found.path,
        guess: didYouMean(name, wanted) || ':',
        version: minorsInWords(found.minors),
        words: wordsOf(wanted),
      });
    }
  },
});

const wordsOf = (words: readonly string[]): string =>
  words.length <= 8 ? words.join(', ') : `${words.slice(0, 7).join(', ')} and ${words.length - 7} others`;
