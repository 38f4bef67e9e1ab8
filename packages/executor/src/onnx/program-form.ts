// The encoded form of a program, with the settings of its sessions: what a lane needs to compile it.

import type { Program, StoredInputs } from '@preheat/graph';
import { programToOnnx } from '@preheat/graph';
import type { InferenceSession } from 'onnxruntime-node';

let nextId = 0;

export class ProgramForm {
  /** Names the program in messages to lanes. */
  readonly id: number = nextId++;
  readonly owner: ProgramForms;
  readonly options: InferenceSession.SessionOptions;
  readonly #program: Program;
  #model: Uint8Array | undefined;

  constructor(program: Program, owner: ProgramForms, options: InferenceSession.SessionOptions) {
    this.#program = program;
    this.owner = owner;
    this.options = options;
  }

  /** Encoded when first needed: every lane compiles the same bytes. */
  get model(): Uint8Array {
    this.#model ??= programToOnnx(this.#program, this.owner.storedInputs);
    return this.#model;
  }
}

/** The forms of one user of the lanes. A program that its maker dropped is forgotten here too. */
export class ProgramForms {
  readonly #options: InferenceSession.SessionOptions;
  readonly #forms = new WeakMap<Program, ProgramForm>();
  /** How the inputs of its programs are held, where that is not as the program says. */
  readonly storedInputs: StoredInputs;

  constructor(options: InferenceSession.SessionOptions, storedInputs: StoredInputs = new Map()) {
    this.#options = options;
    this.storedInputs = storedInputs;
  }

  of(program: Program): ProgramForm {
    const form = this.#forms.get(program) ?? new ProgramForm(program, this, this.#options);
    this.#forms.set(program, form);
    return form;
  }
}
