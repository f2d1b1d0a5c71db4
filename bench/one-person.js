// One person who says `/mcp` over and over: so many commands are unanswered at any time, and the answer to one brings the next.
const AT_ONCE = 8;

/** `deliver` gives the bot the next command. */
export function createPerson(deliver) {
  let left = 0;
  let underWay = 0;
  let done = () => {};
  let lastPayload;

  function release() {
    while (left > 0 && underWay < AT_ONCE) {
      left -= 1;
      underWay += 1;
      deliver();
    }
  }

  return {
    /** The bot sent its answer. */
    answered(payload) {
      lastPayload = payload;
      if (underWay > 0) underWay -= 1;
      setImmediate(release);
      if (left === 0 && underWay === 0) done();
    },
    /** Resolves with the last answer when all are there. */
    async says(count) {
      const answered = new Promise((resolve) => {
        done = resolve;
      });
      left = count;
      release();
      await answered;
      return lastPayload;
    },
  };
}
