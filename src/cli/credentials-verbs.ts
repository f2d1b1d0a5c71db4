import type { Command } from 'commander';

const CONFIG = ['-c, --config <file>', 'the config to use (default: config.yaml in this folder)'] as const;
const SUBJECT = [
  '--subject <who>',
  'whose: telegram:123456789, a name of `people` in the config, or shared',
] as const;
const SERVER = ['--server <name>', 'a server of the config'] as const;

/** `credentials import|list|export|revoke`; like the other verbs, each is loaded when it is typed. */
export function addCredentialsVerbs(program: Command): void {
  const credentials = program
    .command('credentials')
    .description('Import, list, export and revoke what people are signed in with.')
    .addHelpText(
      'after',
      `
A gateway that runs on the same store sees each change at its next call. The format: docs/credentials.md.

Examples:
  $ mcp-chat-gateway credentials list
  $ mcp-chat-gateway credentials import --subject telegram:123456789 --server linear < tokens.json`,
    );
  credentials
    .command('import')
    .description('Put the tokens on standard input (JSON) in place of what is held.')
    .requiredOption(...SUBJECT)
    .requiredOption(...SERVER)
    .option(...CONFIG)
    .addHelpText(
      'after',
      `
They have the words of OAuth: access_token, refresh_token, expires_in, scope, client_id. What is missing is taken from the
config and the server's own metadata; what nobody knows is named. The tokens are not tried.

Examples:
  $ mcp-chat-gateway credentials import --subject telegram:123456789 --server linear < tokens.json
  $ echo '{ "access_token": "…" }' | mcp-chat-gateway credentials import --subject ana --server linear`,
    )
    .action(async (options) => {
      process.exitCode = await (await import('./credentials-import.js')).importCredentials(options);
    });
  credentials
    .command('list')
    .description('Who is signed in to what. No secrets.')
    .option(...SUBJECT)
    .option('--json', 'one JSON line for each credential')
    .option(...CONFIG)
    .addHelpText(
      'after',
      `
Examples:
  $ mcp-chat-gateway credentials list
  $ mcp-chat-gateway credentials list --subject telegram:123456789 --json`,
    )
    .action(async (options) => {
      process.exitCode = await (await import('./credentials-list.js')).listCredentials(options);
    });
  credentials
    .command('export')
    .description('Print one sign-in as JSON, with its tokens.')
    .requiredOption(...SUBJECT)
    .requiredOption(...SERVER)
    .option('--with-secrets', 'yes, print the tokens')
    .option(...CONFIG)
    .addHelpText(
      'after',
      `
What it prints, import takes. Keys are not exported. Exit code 1: there is no such sign-in.

Examples:
  $ mcp-chat-gateway credentials export --subject telegram:123456789 --server linear --with-secrets > tokens.json
  $ mcp-chat-gateway credentials export --subject shared --server wiki --with-secrets | jq -r .access_token`,
    )
    .action(async (options) => {
      process.exitCode = await (await import('./credentials-export.js')).exportCredentials(options);
    });
  credentials
    .command('revoke')
    .description('Sign somebody out: withdrawn at the provider where that can be done, and deleted here.')
    .requiredOption(...SUBJECT)
    .requiredOption(...SERVER)
    .option(...CONFIG)
    .addHelpText(
      'after',
      `
As with /mcp logout. What is left of a server or an account that the config has no longer is deleted too.

Examples:
  $ mcp-chat-gateway credentials revoke --subject telegram:123456789 --server linear
  $ mcp-chat-gateway credentials revoke --subject shared --server wiki`,
    )
    .action(async (options) => {
      process.exitCode = await (await import('./credentials-revoke.js')).revokeCredentials(options);
    });
}
