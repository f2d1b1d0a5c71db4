// The least that a Bolt app is: it receives, and does nothing with it.
import { App } from '@slack/bolt';

const [, , token, appToken, slackApiUrl] = process.argv;
new App({ token, appToken, socketMode: true, clientOptions: { slackApiUrl }, logLevel: 'error' }).start();
