import { defineRule } from '../../src/rule/define.ts';
import { didYouMean } from '../../src/rule/nearest.ts';
import { apiOf, problemsOf, whereOf } from '../../src/rule/schema/problems.ts';
import { mistypedProfiles } from '../../src/rule/schema/profiles.ts';

export default defineRule({
  id: 'schema/enum',
  severity: 'error',
  istio: 'all',
  summary: 'Fields with fixed words hold one of them.',
  why: 'The API server refuses the whole object: the cluster goes on with the last version of it, or without it.',
  fix: 'Write one of the words that the field takes, in its spelling and case.',
  reads: ['Istio kinds', 'Gateway API kinds', 'meshConfig', 'IstioOperator', 'istioVersion'],
  aliases: ['IST0106'],
  messages: {
    unknown: '{cluster}: {object} has {value} at {path}{guess} {api} takes {words}',
    profile: '{cluster}: profile {value} is none of Istio; {meant} is one',
  },
  check(mesh, report) {
    for (const found of problemsOf(mesh, 'enum')) {
      const { name, wanted } = found.problem;
      const guess = didYouMean(name, wanted);
      report(
        'unknown',
        { ...whereOf(found, 'error'), refuses: [found.at] },
        {
          cluster: found.member.name,
          object: found.what,
          value: JSON.stringify(name),
          path: found.path,
          guess: guess === '' ? ':' : guess,
          api: guess === '' ? apiOf(found) : atTheBegin(apiOf(found)),
          words: wordsOf(wanted),
        },
      );
    }
    // Profiles may be one's own, so that only slips of known names are told.
    for (const { member, written, meant, at } of mistypedProfiles(mesh))
      report(
        'profile',
        {
          at,
          cluster: member.name,
          severity: 'warning',
          aliases: [],
          fix: `Write ${meant}, or the name of a profile of your own.`,
        },
        { cluster: member.name, value: JSON.stringify(written), meant },
      );
  },
});

const atTheBegin = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}`;

const wordsOf = (words: readonly string[]): string =>
  words.length <= 8 ? words.join(', ') : `${words.slice(0, 7).join(', ')} and ${words.length - 7} others`;
