import { PermissionFlagsBits } from 'discord.js';
import { describe, expect, it } from 'vitest';
import { BOT_PERMISSIONS, inviteUrl } from '../../../../src/adapters/discord/setup/permissions.js';

describe('the invitation of a Discord bot', () => {
  it('asks for the bot, the command and the least permissions', () => {
    const url = new URL(inviteUrl('1081384788765712384'));
    expect(url.origin + url.pathname).toBe('https://discord.com/oauth2/authorize');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: '1081384788765712384',
      scope: 'bot applications.commands',
      permissions: String(
        PermissionFlagsBits.ViewChannel |
          PermissionFlagsBits.SendMessages |
          PermissionFlagsBits.SendMessagesInThreads |
          PermissionFlagsBits.ReadMessageHistory,
      ),
    });
  });

  it('names each permission as Discord does', () => {
    expect(Object.entries(BOT_PERMISSIONS).map(([name, { bit }]) => [name, bit])).toEqual([
      ['View Channels', PermissionFlagsBits.ViewChannel],
      ['Send Messages', PermissionFlagsBits.SendMessages],
      ['Send Messages in Threads', PermissionFlagsBits.SendMessagesInThreads],
      ['Read Message History', PermissionFlagsBits.ReadMessageHistory],
    ]);
  });
});
