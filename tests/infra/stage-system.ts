/**
 * The system that a stage of the image changes: this machine's, under a layer that takes all writes, where root may mount one. So
 * packages are installed, links made and users added by the image's own commands, and nothing of it stays. The distribution is this
 * machine's, not the image's; what `COPY --from=node` brings is this machine's Node.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** As images of Debian and Ubuntu have it. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export class StageSystem {
  readonly #layer: string;

  private constructor(layer: string) {
    this.#layer = layer;
    for (const part of ['changes', 'work', 'root']) mkdirSync(join(layer, part), { recursive: true });
  }

  /** This machine's, without what was installed by hand, with its Node where the image has its own. @param layer A new folder. */
  static first(layer: string): StageSystem {
    const system = new StageSystem(layer);
    const node = join(layer, 'node');
    mkdirSync(join(node, 'bin'), { recursive: true });
    cpSync(process.execPath, join(node, 'bin/node'));
    cpSync(npmFolder(), join(node, 'lib/node_modules/npm'), { recursive: true, verbatimSymlinks: true });
    const place = 'rm -rf /usr/local/bin /usr/local/lib && cp -a bin lib /usr/local/';
    const [program = '', ...args] = system.inside(node, ['sh', '-c', place]);
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 30_000 });
    if (status !== 0) throw new Error(stderr.trim().slice(0, 200));
    return system;
  }

  /** What a stage begins with that is built on this one. A copy: layers cannot be stacked over a root that contains them. */
  next(layer: string): StageSystem {
    const system = new StageSystem(layer);
    const { status, stderr } = spawnSync('cp', ['-a', `${this.#layer}/changes/.`, `${layer}/changes`], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
    return system;
  }

  /** Program and arguments that run a command in this system, `folder` being its working directory /app. */
  inside(folder: string, command: readonly string[], user = 'root'): string[] {
    const root = join(this.#layer, 'root');
    const layers = `lowerdir=/,upperdir=${this.#layer}/changes,workdir=${this.#layer}/work`;
    const steps = [
      `mount -t overlay overlay -o "${layers}" "${root}"`,
      `mkdir -p "${root}/app"`,
      `mount --bind "${folder}" "${root}/app"`,
      `mount --rbind /dev "${root}/dev"`,
      `mount -t proc proc "${root}/proc"`,
      `mount -t tmpfs tmpfs "${root}/tmp"`,
      `exec chroot --userspec="${user}" "${root}" env PATH=${PATH} sh -c 'cd /app && exec "$@"' sh "$@"`,
    ];
    return ['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', steps.join(' && '), 'sh', ...command];
  }
}

/** Beside the Node that runs this. */
function npmFolder(): string {
  return join(dirname(realpathSync(process.execPath)), '../lib/node_modules/npm');
}

/** Why there can be none here; null where there can. */
export function whyNoStageSystem(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux';
  if (!existsSync('/etc/debian_version')) return 'needs a machine with apt-get, as the image has';
  return existsSync(npmFolder()) ? null : `there is no npm beside ${process.execPath}`;
}
