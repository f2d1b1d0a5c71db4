/** The public API: a gateway as a module. */

export type { DiscordHost } from './adapters/discord/host.js';
export type { SlackHost, SlackListenerArgs } from './adapters/slack/host.js';
export type { HostBot, TelegramMiddleware } from './adapters/telegram/host.js';
export type { AuthFailure, AuthFailureCode } from './auth/types.js';
export type {
  AgentCallOptions,
  AgentCalls,
  AgentOutcome,
  AgentSessionOptions,
  SignInWaited,
} from './gateway/agents/call-types.js';
export { type ConfigMistake, formatMistakes, loadConfig, parseConfig } from './gateway/config.js';
export type { EventFacts, Events, GatewayEventName, GatewayEvents } from './gateway/notices/events.js';
export type { Settings } from './gateway/settings.js';
export type {
  Action,
  Actor,
  Caller,
  ChatAdapter,
  ChatGateway,
  ConversationRef,
  Delivery,
  Field,
  Invocation,
  Line,
  MessageRef,
  Platform,
  Recipient,
  Reply,
} from './gateway/types.js';
export { ListenError } from './http/listen-error.js';
export {
  type CallOptions,
  type CallProgress,
  type ContentPart,
  type McpSession,
  type NeedsReauth,
  type PromptAnswer,
  type PromptDescription,
  type ReauthReason,
  type ResourceContents,
  type ResourceDescription,
  type ServerMessage,
  SessionError,
  type SessionFailure,
  type ToolAnswer,
  type ToolDescription,
} from './mcp/session-types.js';
export { ConfigError, type CreateGatewayOptions, createGateway, type GatewayModule } from './module.js';
export { StoreError, type StoreErrorCode } from './storage/types.js';
export { VERSION } from './version.js';
