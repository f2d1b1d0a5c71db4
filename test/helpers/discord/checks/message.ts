import type { Fields } from '../face.js';
import type { Form } from '../form.js';
import { isFields } from '../form.js';
import { checkAllowedMentions } from '../mentions.js';
import { emptyMessage } from '../refusal.js';
import type { Content, Message } from '../shapes.js';
import { FLAGS } from '../shapes.js';
import { checkLegacyComponents, checkV2Components } from './components.js';
import { checkEmbeds } from './embeds.js';

/** A message that may be sent. */
export interface Draft extends Content {
  readonly flags: number;
  readonly allowedMentions: unknown;
}

const SETTABLE = FLAGS.suppressEmbeds | FLAGS.ephemeral | FLAGS.suppressNotifications | FLAGS.componentsV2;

function checkContent(body: Form, v2: boolean): void {
  body.at('content').text({ max: 2000 });
  checkEmbeds(body.at('embeds'));
  if (v2) checkV2Components(body.at('components'));
  else checkLegacyComponents(body.at('components'));
  checkAllowedMentions(body.at('allowed_mentions'));
  if (!v2) return;
  for (const key of ['content', 'embeds', 'poll', 'sticker_ids']) {
    const { value } = body.at(key);
    const empty =
      value === undefined || value === null || value === '' || (Array.isArray(value) && !value[0]);
    if (!empty)
      body
        .at(key)
        .complain(
          'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2',
          `The '${key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2`,
        );
  }
}

const list = (form: Form): readonly Fields[] =>
  form.items().flatMap(({ value }) => (isFields(value) ? [value] : []));

function replaced<T>(form: Form, before: T, empty: T, read: () => T): T {
  if (form.value === undefined) return before;
  return form.given ? read() : empty;
}

const NOTHING: Content = { content: '', embeds: [], components: [] };

/** What a body makes of a message, a new one or one that is there already. Throws 50035 and 50006. */
export function readDraft(body: Form, before?: Message): Draft {
  body.object();
  const flags = (body.at('flags').integer() ?? before?.flags ?? 0) & SETTABLE;
  const wasV2 = (before?.flags ?? 0) & FLAGS.componentsV2;
  const v2 = ((flags | wasV2) & FLAGS.componentsV2) !== 0;
  checkContent(body, v2);
  body.refuseIfWrong();
  const old = before === undefined || (v2 && wasV2 === 0) ? NOTHING : before;
  const [content, embeds, components] = [body.at('content'), body.at('embeds'), body.at('components')];
  const draft: Draft = {
    content: replaced(content, old.content, '', () => String(content.value).trim()),
    embeds: replaced(embeds, old.embeds, [], () => list(embeds)),
    components: numbered(replaced(components, old.components, [], () => list(components))),
    flags: flags | wasV2,
    allowedMentions: body.at('allowed_mentions').value,
  };
  if (isEmpty(draft)) throw emptyMessage();
  return draft;
}

const isEmpty = ({ content, embeds, components }: Content): boolean =>
  content === '' && embeds.length === 0 && components.length === 0;

/** Components without an `id` are counted through, as Discord does. */
export function numbered(components: readonly Fields[]): readonly Fields[] {
  let last = 0;
  const withId = (component: Fields): Fields => {
    const { id } = component;
    last += 1;
    const own = { ...component, id: typeof id === 'number' && id > 0 ? id : last };
    const inside = (value: unknown): unknown => (isFields(value) ? withId(value) : value);
    return {
      ...own,
      ...(Array.isArray(component.components) ? { components: component.components.map(inside) } : {}),
      ...(component.accessory === undefined ? {} : { accessory: inside(component.accessory) }),
      ...(component.component === undefined ? {} : { component: inside(component.component) }),
    };
  };
  return components.map(withId);
}
