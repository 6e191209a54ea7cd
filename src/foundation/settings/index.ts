// settings: the file and the environment, read once into one frozen object; every mistake reported together (OPS-2).
// Not here: the tenants' policies (tenants), anything that changes while the server runs.
export { declarations, type Settings } from './declarations.ts';
export { loadSettings, SettingsMistakes } from './load.ts';
export { noInstallation, readMasterKeys } from './master-key.ts';
