// Finds what the tests need beyond npm packages, or, as root on Debian, installs it; elsewhere says exactly what to install.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import {
  describeMongodb,
  findMongodb,
  HOW_TO_INSTALL_MONGODB,
  installMongodb,
  onPath,
} from './mongodb-server.ts';

interface Service {
  name: string;
  /** An address or path given by hand. */
  variable: string;
  programs: readonly string[];
  debianPackages: readonly string[];
}

const SERVICES: readonly Service[] = [
  {
    name: 'Chromium',
    variable: 'TEST_CHROMIUM',
    programs: ['chromium', 'chromium-browser', 'google-chrome'],
    debianPackages: ['chromium', 'fonts-liberation'],
  },
  {
    name: 'Redis',
    variable: 'TEST_REDIS_SERVER',
    programs: ['redis-server'],
    debianPackages: ['redis-server'],
  },
  {
    name: 'oathtool',
    variable: 'TEST_OATHTOOL',
    programs: ['oathtool'],
    debianPackages: ['oathtool'],
  },
  {
    name: 'Python',
    variable: 'TEST_PYTHON',
    programs: ['python3'],
    debianPackages: ['python3'],
  },
  {
    name: 'curl',
    variable: 'TEST_CURL',
    programs: ['curl'],
    debianPackages: ['curl'],
  },
  {
    name: 'C++ compiler',
    variable: 'TEST_CXX',
    programs: ['g++'],
    debianPackages: ['g++', 'make', 'python3'],
  },
];

/** @returns where the program is, or undefined */
export function findService(name: string): string | undefined {
  const service = SERVICES.find((s) => s.name === name);
  if (!service) throw new RangeError(`no service ${name}`);
  return process.env[service.variable] ?? service.programs.map(onPath).find((file) => file !== undefined);
}

function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && onPath('apt-get') !== undefined;
}

function install(packages: readonly string[]): boolean {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = (args: string[]) =>
    spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env: environment, timeout: 600_000 })
      .status === 0;
  return run(['update', '-q']) && run(['install', '-y', '-q', '--no-install-recommends', ...packages]);
}

function prepareMongodb(): boolean {
  if (!findMongodb()) installMongodb(canInstall() ? install : undefined);
  const found = findMongodb();
  console.log(`MongoDB: ${found ? describeMongodb(found) : `missing; ${HOW_TO_INSTALL_MONGODB}`}`);
  return found !== undefined;
}

/** Makes every service available. @returns the names of those that are missing */
export function prepareServices(): string[] {
  const missing: string[] = prepareMongodb() ? [] : ['MongoDB'];
  for (const { name, variable, debianPackages } of SERVICES) {
    if (!findService(name) && canInstall()) {
      console.log(`${name}: not here; installing Debian's ${debianPackages.join(' and ')}`);
      install(debianPackages);
    }
    const found = findService(name);
    if (found) console.log(`${name}: ${found}`);
    else {
      missing.push(name);
      console.log(
        `${name}: missing. On Debian: apt-get install ${debianPackages.join(' ')}; elsewhere set ${variable} to the program.`,
      );
    }
  }
  return missing;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = prepareServices().length === 0 ? 0 : 1;
}
