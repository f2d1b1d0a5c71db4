import type { CommandName } from '../words/grammar.js';
import { audit } from './audit.js';
import { auth } from './auth.js';
import { cancel } from './cancel.js';
import type { Command } from './command.js';
import { confirm } from './confirm.js';
import { help } from './help.js';
import { logout } from './logout.js';
import { reload } from './reload.js';
import { status } from './status.js';
import { test } from './test.js';
import { tools } from './tools.js';
import { users } from './users.js';

export const commands: Readonly<Record<CommandName, Command>> = {
  status,
  auth,
  confirm,
  cancel,
  logout,
  test,
  tools,
  users,
  audit,
  reload,
  help,
};
