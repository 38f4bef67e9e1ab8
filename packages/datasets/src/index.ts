/** Real data: texts with one right label, and texts to be modelled. Each is split by structure. */
export { type FirstName, firstNames } from './first-names.js';
export { irises } from './iris.js';
export { type LabelledText, toLabelChatRow, toLabelEvalRow, toLabelRftRow } from './labelled-rows.js';
export { LANGUAGES, languageText, languageWindows } from './languages.js';
export { type Mail, spamMail } from './mail.js';
export { PROSE, proseText } from './prose.js';
