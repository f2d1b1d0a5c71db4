/** The few that a chat adapter may meet. Names that Slack does not know stay as they are typed. */
const EMOJI: Readonly<Record<string, string>> = {
  '+1': '👍',
  bulb: '💡',
  heavy_check_mark: '✔️',
  hourglass: '⌛',
  key: '🔑',
  link: '🔗',
  lock: '🔒',
  red_circle: '🔴',
  rotating_light: '🚨',
  smile: '😄',
  tada: '🎉',
  thumbsup: '👍',
  warning: '⚠️',
  white_check_mark: '✅',
  x: '❌',
};

export const withEmoji = (text: string): string =>
  text.replace(/:([a-z0-9_+-]+):/g, (all, name: string) => EMOJI[name] ?? all);
