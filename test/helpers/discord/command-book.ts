import { checkCommand } from './checks/commands.js';
import type { Fields } from './face.js';
import { Form, isFields } from './form.js';
import type { Command } from './shapes.js';
import type { Snowflakes } from './snowflakes.js';

export const GLOBAL = 'global';

const MAX_CHAT_INPUT = 100;

/** False flags of options are not kept: a registered command comes back without them. */
function keptOption(option: Fields): Fields {
  const { required, autocomplete, options, ...rest } = option;
  return {
    ...rest,
    ...(required === true ? { required } : {}),
    ...(autocomplete === true ? { autocomplete } : {}),
    ...(Array.isArray(options) ? { options: options.filter(isFields).map(keptOption) } : {}),
  };
}

/** Commands by scope: `global`, or a guild's id. */
export class CommandBook {
  readonly #ids: Snowflakes;
  readonly #applicationId: string;
  readonly #scopes = new Map<string, readonly Command[]>();

  constructor(ids: Snowflakes, applicationId: string) {
    this.#ids = ids;
    this.#applicationId = applicationId;
  }

  of(scope: string): readonly Command[] {
    return this.#scopes.get(scope) ?? [];
  }

  forget(scope: string): void {
    this.#scopes.delete(scope);
  }

  /** All at once; what is not named goes. Those that stay keep their ids. */
  overwrite(scope: string, body: Form): readonly Command[] {
    const list = body.items({ max: MAX_CHAT_INPUT + 30 });
    for (const one of list) checkCommand(one);
    const names = list.map((one) => `${one.at('type').value ?? 1} ${one.at('name').value}`);
    for (const [at, one] of list.entries())
      if (names.indexOf(names[at] ?? '') < at)
        one
          .at('name')
          .complain('APPLICATION_COMMANDS_DUPLICATE_NAME', 'Application command names must be unique');
    body.refuseIfWrong();
    const commands = list.flatMap(({ value }) => (isFields(value) ? [this.#kept(scope, value)] : []));
    this.#scopes.set(scope, commands);
    return commands;
  }

  /** `known`: there was one of that name and type, which this replaces. */
  upsert(scope: string, body: Form): { readonly command: Command; readonly known: boolean } {
    checkCommand(body);
    body.refuseIfWrong();
    const command = this.#kept(scope, isFields(body.value) ? body.value : {});
    const others = this.of(scope).filter(({ id }) => id !== command.id);
    const known = others.length < this.of(scope).length;
    this.#scopes.set(scope, [...others, command]);
    return { command, known };
  }

  /** Undefined: there is none with that id. */
  patch(scope: string, id: string, body: Form): Command | undefined {
    const found = this.of(scope).find((one) => one.id === id);
    if (found === undefined) return undefined;
    const changed = new Form({ ...found, ...body.object() });
    checkCommand(changed);
    changed.refuseIfWrong();
    const command: Command = { ...this.#kept(scope, isFields(changed.value) ? changed.value : {}), id };
    this.#scopes.set(
      scope,
      this.of(scope).map((one) => (one === found ? command : one)),
    );
    return command;
  }

  remove(scope: string, id: string): boolean {
    const left = this.of(scope).filter((one) => one.id !== id);
    const removed = left.length < this.of(scope).length;
    this.#scopes.set(scope, left);
    return removed;
  }

  #kept(scope: string, command: Fields): Command {
    const [name, type] = [String(command.name), typeof command.type === 'number' ? command.type : 1];
    const known = this.of(scope).find((one) => one.name === name && one.type === type);
    const options = Array.isArray(command.options) ? command.options.filter(isFields).map(keptOption) : [];
    const places =
      scope === GLOBAL
        ? {
            contexts: Array.isArray(command.contexts) ? command.contexts : null,
            integration_types: Array.isArray(command.integration_types) ? command.integration_types : [0, 1],
            dm_permission: Array.isArray(command.contexts) ? command.contexts.includes(1) : true,
          }
        : { guild_id: scope, contexts: null, integration_types: [0] };
    return {
      id: known?.id ?? this.#ids.next(),
      application_id: this.#applicationId,
      version: this.#ids.next(),
      type,
      name,
      name_localizations: command.name_localizations ?? null,
      description: String(command.description ?? ''),
      description_localizations: command.description_localizations ?? null,
      default_permission: true,
      default_member_permissions: command.default_member_permissions ?? null,
      nsfw: command.nsfw === true,
      ...places,
      ...(options.length > 0 ? { options } : {}),
    };
  }
}
