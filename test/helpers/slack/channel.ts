import type { SlackChannel, SlackPerson, SlackWorkspace } from './face.js';
import { Person } from './person.js';
import type { Account, Channel, Installation } from './shapes.js';

export function accountOf(person: SlackPerson): Account {
  if (!(person instanceof Person)) throw new Error(`${person.name} is not of this platform`);
  return person.account;
}

/** A channel, as tests arrange it. */
export class LocalChannel implements SlackChannel {
  readonly #channel: Channel;
  readonly #installationIn: (workspace?: SlackWorkspace) => Installation;

  constructor(channel: Channel, installationIn: (workspace?: SlackWorkspace) => Installation) {
    this.#channel = channel;
    this.#installationIn = installationIn;
  }

  get id(): string {
    return this.#channel.id;
  }

  get name(): string {
    return this.#channel.name;
  }

  get private(): boolean {
    return this.#channel.private;
  }

  join(person: SlackPerson): void {
    this.#channel.members.add(accountOf(person));
  }

  leave(person: SlackPerson): void {
    this.#channel.members.delete(accountOf(person));
  }

  inviteBot(workspace?: SlackWorkspace): void {
    this.#channel.bots.add(this.#installationIn(workspace));
  }

  removeBot(workspace?: SlackWorkspace): void {
    this.#channel.bots.delete(this.#installationIn(workspace));
  }

  archive(): void {
    this.#channel.archived = true;
  }
}
