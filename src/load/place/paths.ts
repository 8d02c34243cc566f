/** '/'-separated paths as `SourceFile.path` holds them. */

export const directoryOf = (path: string): string => {
  const cut = path.lastIndexOf('/');
  return cut < 0 ? '' : path.slice(0, cut);
};

export const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** File name without `.yaml`, `.tpl.yaml`, `.pem`, … */
export const stemOf = (path: string): string =>
  baseOf(path)
    .replace(/\.(?:ya?ml|json|pem|crt)$/i, '')
    .replace(/\.(?:tpl|tmpl|enc|sops)$/i, '');

export const segmentsOf = (path: string): readonly string[] => (path === '' ? [] : path.split('/'));

/** `directory` and `reference` as one path; undefined where the reference is a URL or leaves the tree upwards. */
export const resolvePath = (directory: string, reference: string): string | undefined => {
  if (reference.includes('://') || reference.startsWith('/')) return undefined;
  const steps = [...segmentsOf(directory)];
  for (const step of reference.split('/')) {
    if (step === '' || step === '.') continue;
    if (step !== '..') {
      steps.push(step);
      continue;
    }
    // A shown path may itself begin with `..` when the files lie outside the working directory.
    if (steps.length === 0 || steps.at(-1) === '..') steps.push('..');
    else steps.pop();
  }
  return steps.join('/');
};

/** Whether `path` is `directory` or lies below it; '' holds everything. */
export const isWithin = (path: string, directory: string): boolean =>
  directory === '' || path === directory || path.startsWith(`${directory}/`);

/** The deepest directory that holds all of them. */
export const commonDirectory = (directories: readonly string[]): string => {
  const [first, ...rest] = directories.map(segmentsOf);
  if (first === undefined) return '';
  let length = first.length;
  for (const other of rest) {
    let same = 0;
    while (same < length && same < other.length && first[same] === other[same]) same++;
    length = same;
  }
  return first.slice(0, length).join('/');
};
