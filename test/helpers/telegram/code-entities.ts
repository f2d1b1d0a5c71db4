import type { Entity } from './shapes.js';

const isCode = ({ type }: Entity): boolean => type === 'pre' || type === 'code';

const isWithin = (inner: Entity, outer: Entity): boolean =>
  inner !== outer &&
  inner.offset >= outer.offset &&
  inner.offset + inner.length <= outer.offset + outer.length;

function withoutLanguage({ language: _, ...entity }: Entity): Entity {
  return entity;
}

/** A block of code takes the language of the `<code class="language-…">` in it; no other entity has one. */
function withLanguage(entity: Entity, code: readonly Entity[]): Entity {
  const plain = withoutLanguage(entity);
  if (entity.type !== 'pre') return plain;
  const language = code.find((inner) => inner.type === 'code' && isWithin(inner, entity))?.language;
  return language === undefined ? plain : { ...plain, language };
}

/** In code nothing else counts; `<pre><code>` is one block. In the order of the text, outer before inner. */
export function settleCode(entities: readonly Entity[]): Entity[] {
  const code = entities.filter(isCode);
  const counts = (entity: Entity): boolean =>
    !code.some((outer) => isWithin(entity, outer) && !(entity.type === 'pre' && outer.type === 'code'));
  return entities
    .filter(counts)
    .map((entity) => withLanguage(entity, code))
    .sort((a, b) => a.offset - b.offset || b.length - a.length);
}
