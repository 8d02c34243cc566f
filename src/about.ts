import about from '../package.json' with { type: 'json' };

/** Name and version as package.json has them. */
export const tool = { name: about.name, version: about.version };

interface Home {
  readonly name: string;
  readonly homepage?: string;
  readonly bugs?: string | { readonly url?: string };
}

const { homepage, bugs }: Home = about;

/** The page of a rule in the repository that package.json names as home; undefined where it names none. */
export const ruleUrl = (id: string): string | undefined =>
  homepage === undefined
    ? undefined
    : `${homepage.replace(/#.*$/, '').replace(/\/$/, '')}/blob/main/docs/rules/${id}.md`;

/** Where faults of the program are reported. */
export const bugsUrl: string | undefined = typeof bugs === 'string' ? bugs : (bugs?.url ?? homepage);
