import { errorCode } from './file-failure.js';
import { StoreError } from './types.js';

/**
 * A package that only some configs need, and that is installed beside the gateway where they do.
 *
 * @param load `() => import(name)`
 * @throws {StoreError} `store_misconfigured` with the line that installs it
 */
export async function optionalPackage<T>(name: string, what: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (errorCode(cause) !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new StoreError(
      'store_misconfigured',
      `${what} needs the package ${name}, which is not installed. Install it beside the gateway: npm install ${name}`,
      { cause },
    );
  }
}
