import type { Fields } from '../face.js';
import type { Platform } from '../platform.js';
import type { Guild } from '../shapes.js';
import { wireUser } from '../wire/users.js';
import type { Session } from './session.js';

export function readyPayload(
  { bot, application }: Pick<Platform, 'bot' | 'application'>,
  { id, shard }: Session,
  resumeUrl: string,
  guilds: readonly Guild[],
): Fields {
  return {
    v: 10,
    user: { ...wireUser(bot), email: null, mfa_enabled: true, verified: true, flags: 0 },
    user_settings: {},
    guilds: guilds.map((guild) => ({ id: guild.id, unavailable: true })),
    private_channels: [],
    relationships: [],
    presences: [],
    session_id: id,
    session_type: 'normal',
    resume_gateway_url: resumeUrl,
    shard: [shard.index, shard.count],
    application: { id: application.id, flags: 0 },
    auth: {},
    _trace: [],
  };
}
