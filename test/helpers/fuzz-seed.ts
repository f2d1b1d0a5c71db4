// What decides whether a change lands is not a matter of luck: there, all properties begin at one seed. Elsewhere each run has another.
const { FUZZ_SEED } = process.env;
if (FUZZ_SEED !== undefined) {
  const { default: fc } = await import('fast-check');
  fc.configureGlobal({ seed: Number(FUZZ_SEED) });
}

export {};
