// In place of whatwg-url: what Node has by itself.
export const { URL } = globalThis;
