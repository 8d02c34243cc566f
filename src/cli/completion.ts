import { rules } from '../../rules/index.ts';
import { UsageError } from '../engine/usageError.ts';
import type { Given } from './arguments.ts';
import { COMMANDS, FORMATS, TOPOLOGY_FORMATS, optionNames } from './arguments.ts';
import type { Io } from './io.ts';
import { last } from './options.ts';

/** `mesh-lint completion [bash|zsh]`: a script to be sourced. */
export const completionCommand = async (options: Given, io: Io): Promise<number> => {
  const shell = last(options, 'shell') ?? (io.env['SHELL']?.endsWith('zsh') === true ? 'zsh' : 'bash');
  if (shell !== 'bash' && shell !== 'zsh') throw new UsageError(`completion is written for bash and zsh, not ${shell}`);
  await io.stdout(script(shell, await optionNames()));
  return 0;
};

const script = (shell: 'bash' | 'zsh', options: readonly string[]): string => {
  const ids = rules.map(({ id }) => id);
  const families = [...new Set(ids.map((id) => `${id.split('/')[0]}/*`))];
  return `${shell === 'zsh' ? HEAD_ZSH : HEAD_BASH}
_mesh_lint() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" words=''
  case "$prev" in
    --format)
      case " \${COMP_WORDS[*]} " in
        *' topology '*) words='${TOPOLOGY_FORMATS.join(' ')}' ;;
        *' facts '*|*' rules '*) words='text json' ;;
        *) words='${FORMATS.join(' ')}' ;;
      esac ;;
    --fail-on) words='error warning info never' ;;
    --color) words='auto always never' ;;
    --output) words='${FORMATS.map((format) => `${format}=`).join(' ')}' ;;
    explain) words='${ids.join(' ')}' ;;
    completion) words='bash zsh' ;;
    --only|--skip|--rule) words='${[...families, ...ids].join(' ')}' ;;
    --config) ;;
    *)
      if [[ "$cur" == -* ]]; then words='${options.map((name) => `--${name}`).join(' ')}'
      elif [[ "$COMP_CWORD" -eq 1 ]]; then words='${COMMANDS.join(' ')}'
      fi ;;
  esac
  COMPREPLY=()
  local word
  while IFS= read -r word; do [[ -n "$word" ]] && COMPREPLY+=("$word"); done < <(compgen -W "$words" -- "$cur")
}
complete -o default -o bashdefault -F _mesh_lint mesh-lint
`;
};

const HEAD_BASH = '# Completion of mesh-lint. For good: mesh-lint completion bash >> ~/.bashrc';
const HEAD_ZSH = `# Completion of mesh-lint. For good: mesh-lint completion zsh >> ~/.zshrc
autoload -U +X compinit && compinit
autoload -U +X bashcompinit && bashcompinit`;
