// Preloaded into a server that is told only a port: whatever it listens on becomes a free port of 127.0.0.1, which is
// reported to the parent process.
import { Server } from 'node:net';

const listen = Server.prototype.listen;
Server.prototype.listen = function listenOnLoopback(...args) {
  const ready = args.find((arg) => typeof arg === 'function');
  this.once('listening', () => process.send?.({ port: this.address().port }));
  return listen.call(this, { port: 0, host: '127.0.0.1' }, ready);
};
process.once('disconnect', () => process.exit(0));
