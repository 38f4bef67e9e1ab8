/** Text to token ids and back, chat templates, and which tokens of a conversation are trained. */
export { characterTokenizer } from './character-tokenizer.js';
export { type CalledFunction, CHAT_ROLES, type ChatMessage, type TextPart } from './chat-message.js';
export type { RenderOptions } from './chat-template.js';
export { COMPACT_CHAT_TEMPLATE, COMPACT_TOKENS } from './compact-chat-template.js';
export { type ControlMarkers, controlMarkers } from './control-markers.js';
export type { AssistantSpan, BegunTurn, EncodedChat } from './encoded-chat.js';
export { isTokenizerFile, readFolderTokenizer } from './folder-tokenizer.js';
export { ARPABET, letterToSoundTokenizer, PRINTABLE_ASCII } from './letter-to-sound-tokenizer.js';
export { markerEnd } from './marker-end.js';
export { markerTokens } from './marker-tokens.js';
export { loadTokenizer, type SpecialIds, type Tokenizer, type TokenizerOptions } from './tokenizer.js';
export { partialEnd } from './partial-end.js';
export { readCalls } from './read-calls.js';
export { prefixOf, type PromptRow, type RowPrompt, rowPrompt, wholeAnswer } from './row-prompt.js';
export type { ToolCallForm } from './tool-call-form.js';
export { type ReadPiece, type ToolCall, ToolCallReader } from './tool-call-reader.js';
export { TokenizerError, type TokenizerErrorCode } from './tokenizer-error.js';
export type { TokenizerConfigJson, TokenizerFiles, TokenizerJson } from './tokenizer-files.js';
