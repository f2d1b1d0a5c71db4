import type { PageMessage } from './render.js';

/** The conversations that this process remembers: for each person the last messages, for the last people. */
export interface Chats {
  /** The person's messages, oldest first. */
  of(person: string): readonly PageMessage[];
  find(person: string, id: string): PageMessage | undefined;
  /** Adds a message, or puts it in the place of the one with its id. */
  put(person: string, message: PageMessage): void;
  /** False where there was none. */
  remove(person: string, id: string): boolean;
}

export interface ChatBounds {
  readonly messages: number;
  readonly people: number;
}

function dropFirst<K, V>(map: Map<K, V>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}

/** Bounded: the oldest message of a person goes first, and so does the person who was longest without one. */
export function createChats(bounds: ChatBounds): Chats {
  // A Map keeps the order of insertion: re-inserting moves a person to the end, setting keeps a message's place.
  const people = new Map<string, Map<string, PageMessage>>();
  return {
    of: (person) => [...(people.get(person)?.values() ?? [])],
    find: (person, id) => people.get(person)?.get(id),
    put(person, message) {
      const messages = people.get(person) ?? new Map<string, PageMessage>();
      people.delete(person);
      people.set(person, messages);
      messages.set(message.id, message);
      if (messages.size > bounds.messages) dropFirst(messages);
      if (people.size > bounds.people) dropFirst(people);
    },
    remove: (person, id) => people.get(person)?.delete(id) ?? false,
  };
}
