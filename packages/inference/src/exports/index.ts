/** Exporting models, with the proof that the files compute what the model does. */
export { ExportMismatchError, exportModel, type WrittenExport } from './export-model.js';
