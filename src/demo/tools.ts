import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

const say = (text: string) => ({ content: [{ type: 'text' as const, text }] });

/** No auth at all. */
export function clockServer(): McpServer {
  const server = new McpServer({ name: 'demo-clock', version: '1.0.0' });
  server.registerTool('now', { description: 'The time now, in UTC.' }, () => say(new Date().toISOString()));
  server.registerTool(
    'time_in',
    {
      description: 'The time now in a time zone, such as Europe/Paris.',
      inputSchema: { zone: z.string().max(64) },
    },
    ({ zone }) => say(new Date().toLocaleString('en-GB', { timeZone: zone, timeZoneName: 'short' })),
  );
  return server;
}

const NOTES_KEPT = 100;

/** OAuth: each person sees their own notes. */
export function notesServer(notes: Map<string, string[]>, login: string): McpServer {
  const server = new McpServer({ name: 'demo-notes', version: '1.0.0' });
  server.registerTool('whoami', { description: 'Whose notes these are.' }, () => say(login));
  server.registerTool(
    'add_note',
    { description: 'Keeps a note.', inputSchema: { text: z.string().min(1).max(1000) } },
    ({ text }) => {
      const kept = [...(notes.get(login) ?? []), text].slice(-NOTES_KEPT);
      notes.set(login, kept);
      return say(`Kept. ${kept.length} notes.`);
    },
  );
  server.registerTool('list_notes', { description: 'All notes, oldest first.' }, () =>
    say((notes.get(login) ?? []).join('\n') || 'No notes yet.'),
  );
  return server;
}

const TICKETS = [
  'DEMO-1 Sign in from a chat',
  'DEMO-2 Keep tokens fresh',
  'DEMO-3 Tell people what happened',
];

/** OAuth with access tokens that live 30 seconds and refresh tokens that rotate. */
export function ticketsServer(login: string): McpServer {
  const server = new McpServer({ name: 'demo-tickets', version: '1.0.0' });
  server.registerTool('list_tickets', { description: 'The open tickets.' }, () => say(TICKETS.join('\n')));
  server.registerTool('my_tickets', { description: 'The tickets that are assigned to you.' }, () =>
    say(`${TICKETS[0]} (assigned to ${login})`),
  );
  return server;
}

/** An API key in a header. */
export function weatherServer(): McpServer {
  const server = new McpServer({ name: 'demo-weather', version: '1.0.0' });
  server.registerTool(
    'forecast',
    {
      description: 'A forecast from the demo, which knows no weather but its own.',
      inputSchema: { place: z.string().max(100) },
    },
    ({ place }) => say(`${place}: mild, a light breeze on the loopback interface.`),
  );
  return server;
}
