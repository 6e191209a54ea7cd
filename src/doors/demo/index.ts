// demo: a sample tenant per preset, a sample application on another port, a mailbox page. Wiped at each start.
// Not here: anything that the product needs. No start but `demo` loads this room.
export { prepareDemo } from './demo.ts';
