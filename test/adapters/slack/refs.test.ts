import { describe, expect, it } from 'vitest';
import { modalOf, readOpened } from '../../../src/adapters/slack/outgoing/modal.js';
import { readConversation } from '../../../src/adapters/slack/refs.js';

const url = 'https://hooks.slack.com/actions/T1/2/3';
const said = { team: 'T1', owner: 'T1/U2', turn: '1.2', atMs: 1 };
const message = { kind: 'whisper', team: 'T1', channel: 'C1', owner: 'T1/U2', id: 'a' } as const;

describe('where an answer goes', () => {
  it('is a channel that others read only if it is not answered openly there', () => {
    expect(readConversation({ ...said, channel: 'D1', direct: true })).toMatchObject({ direct: true });
    expect(readConversation({ ...said, channel: 'C1', direct: false })).toMatchObject({ direct: false });
    for (const channel of ['C1', 'G1'])
      expect(readConversation({ ...said, channel, direct: true })).toBeUndefined();
  });
});

describe('what a form carries along', () => {
  const form = { kind: 'form', words: ['auth'], title: 'Key', fields: [] } as const;
  const conversation = { ...said, channel: 'C1', direct: false, url };

  it('holds no response_url, and brings none back', () => {
    const view = modalOf(form, 'Key', { message, conversation });
    expect(view).toBeDefined();
    expect(JSON.stringify(view)).not.toContain('hooks.slack.com');
    const back = readOpened({ words: ['auth'], fields: [], message, conversation });
    expect(back?.conversation).toEqual({ ...said, channel: 'C1', direct: false });
  });
});
