import { contentOf } from './content.js';
import type { Echoes } from './echoes.js';
import type { DoorAnswer, DoorRequest } from './http-door.js';
import { Params } from './params.js';
import type { Platform } from './platform.js';
import { Refusal } from './refusal.js';
import { readBody } from './request-body.js';
import type { IssuedUrl } from './response-urls.js';
import type { Fields, StoredMessage } from './shapes.js';
import { wireMessage } from './wire.js';

const refused = (status: number, error: string): DoorAnswer => ({ status, body: { ok: false, error } });

/** A response_url as it is used. No token: to have it is to be allowed. */
export class ResponseUrlUse {
  readonly #platform: Platform;
  readonly #echoes: Echoes;

  constructor(platform: Platform, echoes: Echoes) {
    this.#platform = platform;
    this.#echoes = echoes;
  }

  read({ path, method, type, body }: DoorRequest) {
    if (!/^\/(commands|actions)\//.test(path)) return undefined;
    const issued = this.#platform.responseUrls.byPath(path);
    const params = fieldsOf(type, body);
    const run = (): DoorAnswer => {
      if (issued === undefined || method !== 'POST') return refused(404, 'no_service');
      return this.#use(issued, params);
    };
    return { method: 'response_url', team: issued?.team.id, params: params ?? {}, run };
  }

  #use(issued: IssuedUrl, fields: Fields | undefined): DoorAnswer {
    if (issued.installation.state !== 'active') return refused(404, 'no_service');
    const spent = this.#platform.responseUrls.use(issued);
    if (spent !== undefined) return refused(404, spent);
    if (fields === undefined) return refused(400, 'invalid_payload');
    try {
      this.#perform(issued, new Params(fields));
      return { status: 200, body: 'ok' };
    } catch (error) {
      if (error instanceof Refusal)
        return { status: 400, body: { ok: false, error: error.code, ...error.more } };
      throw error;
    }
  }

  /**
   * A command's URL has no original: whatever it is told to replace, a new message comes (slackapi/bolt-js#2287,
   * slackapi/bolt-python#1268). An action's replaces its message unless it is told not to.
   */
  #perform(issued: IssuedUrl, params: Params): void {
    const { message, conversation } = issued;
    if (message !== undefined && params.flag('delete_original') === true) {
      this.#delete(message);
      return;
    }
    const content = contentOf(params);
    const asNew = params.flag('replace_original') === false || params.text('response_type') !== undefined;
    const replaces = params.flag('replace_original') === true || !asNew;
    if (message !== undefined && replaces) {
      // An ephemeral message stands in its reader's client alone: who made up a press of another's has nothing there to replace.
      if (message.ephemeralFor === undefined || message.ephemeralFor === issued.account)
        this.#replace(message, params);
      return;
    }
    if (conversation.kind === 'channel' && conversation.archived) throw new Refusal('is_archived');
    const added = this.#platform.messages.add({
      conversation,
      sender: issued.installation,
      content,
      threadTs: params.text('thread_ts'),
      ephemeralFor: params.text('response_type') === 'in_channel' ? undefined : issued.account,
    });
    this.#echoes.posted(added);
  }

  #replace(message: StoredMessage, params: Params): void {
    if (message.deleted) throw new Refusal('message_not_found');
    const before = wireMessage(message, this.#platform);
    this.#platform.messages.edit(message, contentOf(params));
    this.#echoes.changed(message, before);
  }

  #delete(message: StoredMessage): void {
    message.deleted = true;
    this.#echoes.deleted(message);
  }
}

function fieldsOf(type: string, body: string): Fields | undefined {
  try {
    const { fields, json } = readBody(type, body);
    if (json || typeof fields.payload !== 'string') return fields;
    return readBody('application/json', fields.payload).fields;
  } catch {
    return undefined;
  }
}
