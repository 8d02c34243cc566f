import type { Note } from '../../model/index.ts';
import { compareText } from '../../model/index.ts';
import type { Placed } from '../place/placed.ts';
import type { ClusterPlan } from './plan.ts';

/** Clusters as the user names them: globs or directories relative to the working directory. */
export const explicitClusters = (
  files: readonly Placed[],
  clusters: readonly { readonly name: string; readonly paths: readonly string[] }[],
  shareRest: boolean,
): { readonly plans: readonly ClusterPlan[]; readonly notes: readonly Note[] } => {
  const notes: Note[] = [];
  const held = clusters.map(({ name, paths }) => {
    const patterns = paths.map(patternOf);
    const own = files.filter(({ file }) => patterns.some((pattern) => pattern.test(file.path)));
    if (own.length === 0)
      notes.push({ message: `cluster ${name} has no files: nothing below ${paths.join(', ')}`, cluster: name });
    return { name, paths, own };
  });
  const uses = new Map<Placed, number>();
  for (const { own } of held) for (const placed of own) uses.set(placed, (uses.get(placed) ?? 0) + 1);
  const left = files.filter((placed) => !uses.has(placed));
  const rest = shareRest ? left : [];
  if (left.length > 0 && !shareRest) notes.push(leftOut(left));
  const plans = held.map(({ name, paths, own }): ClusterPlan => ({
    name,
    because: `given as ${paths.join(', ')}`,
    scenario: '',
    own: own.filter((placed) => uses.get(placed) === 1),
    shared: [...own.filter((placed) => uses.get(placed)! > 1), ...rest],
  }));
  return { plans: plans.toSorted((a, b) => compareText(a.name, b.name)), notes };
};

const leftOut = (left: readonly Placed[]): Note => {
  const shown = left.slice(0, 3).map(({ file }) => file.path);
  const more = left.length > shown.length ? ` and ${left.length - shown.length} more` : '';
  const [files, belong] = left.length === 1 ? ['1 file', 'belongs'] : [`${left.length} files`, 'belong'];
  return {
    message: `${files} ${belong} to none of the clusters that are listed and ${left.length === 1 ? 'was' : 'were'} not checked: ${shown.join(', ')}${more}`,
    isLoud: true,
  };
};

/** A directory holds all below it; `**` crosses directories, `*`, `?` and `{a,b}` do not. */
export const patternOf = (glob: string): RegExp => {
  const plain = glob.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
  if (plain === '' || plain === '.') return /^/;
  let source = '';
  let braces = 0;
  for (let at = 0; at < plain.length; at++) {
    const char = plain[at]!;
    if (plain.startsWith('**/', at)) [source, at] = [`${source}(?:[^/]+/)*`, at + 2];
    else if (plain.startsWith('**', at)) [source, at] = [`${source}.*`, at + 1];
    else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '{') [source, braces] = [`${source}(?:`, braces + 1];
    else if (char === '}' && braces > 0) [source, braces] = [`${source})`, braces - 1];
    else if (char === ',' && braces > 0) source += '|';
    else source += char.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  }
  return new RegExp(`^${source}${')'.repeat(braces)}(?:/|$)`);
};
