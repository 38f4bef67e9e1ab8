/** What must not be parted: items and the things they have in common, joined into sets (union-find). */
export class SameParts {
  readonly #parent = new Map<string, string>();

  join(a: string, b: string): void {
    const [rootA, rootB] = [this.of(a), this.of(b)];
    // The smaller name, so that a set is called the same in whatever order it grew.
    if (rootA < rootB) this.#parent.set(rootB, rootA);
    else if (rootB < rootA) this.#parent.set(rootA, rootB);
  }

  /** The name of the set that something is in. */
  of(name: string): string {
    let root = name;
    for (let up = this.#parent.get(root); up !== undefined; up = this.#parent.get(root)) root = up;
    for (let at = name; at !== root; ) {
      const up = this.#parent.get(at) ?? root;
      this.#parent.set(at, root);
      at = up;
    }
    return root;
  }
}
