import { defineRule } from '../../src/rule/define.ts';
import { didYouMean } from '../../src/rule/nearest.ts';
import { apiOf, problemsOf, whereOf } from '../../src/rule/schema/problems.ts';

export default defineRule({
  id: 'schema/enum',
  severity: 'error',
  istio: 'all',
  summary: 'Fields with fixed words hold one of them.',
  why: 'The API server refuses the whole object: the cluster goes on with the last version of it, or without it.',
  fix: 'Write one of the words that the field takes, in its spelling and case.',
  reads: ['Istio kinds', 'Gateway API kinds', 'meshConfig', 'IstioOperator', 'istioVersion'],
  aliases: ['IST0106'],
  messages: { unknown: '{cluster}: {object} has {value} at {path}{guess} {api} takes {words}' },
  check(mesh, report) {
    for (const found of problemsOf(mesh, 'enum')) {
      const { name, wanted } = found.problem;
      const guess = didYouMean(name, wanted);
      report('unknown', whereOf(found, 'error'), {
        cluster: found.member.name,
        object: found.what,
        value: JSON.stringify(name),
        path: found.path,
        guess: guess === '' ? ':' : guess,
        api: guess === '' ? apiOf(found) : atTheBegin(apiOf(found)),
        words: wordsOf(wanted),
      });
    }
  },
});

const atTheBegin = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}`;

const wordsOf = (words: readonly string[]): string =>
  words.length <= 8 ? words.join(', ') : `${words.slice(0, 7).join(', ')} and ${words.length - 7} others`;
