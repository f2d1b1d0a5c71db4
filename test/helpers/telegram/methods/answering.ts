import { badRequest } from '../refusal.js';
import type { Method } from './method.js';

const MAX_TEXT = 200;

export const answerCallbackQuery: Method = (platform, params) => {
  const text = params.text('text') ?? '';
  if (text.length > MAX_TEXT) throw badRequest('MESSAGE_TOO_LONG');
  const url = params.text('url') ?? '';
  const ownLink = new RegExp(`^(https?://)?t\\.me/${platform.bot.username}(\\?|$)`, 'i');
  if (url !== '' && !ownLink.test(url)) throw badRequest('URL_INVALID');
  const alert = params.flag('show_alert');
  platform.queries.answer(params.requiredText('callback_query_id'), {
    ...(text === '' ? {} : { text }),
    ...(alert ? { alert } : {}),
    ...(url === '' ? {} : { url }),
  });
  return true;
};
